"""Progress of work for whoever watches: a live bar on a terminal, plain lines elsewhere, nothing where it is quiet."""

import collections
import contextlib
import datetime
import os
import sys
import time
from collections.abc import Collection, Iterator
from typing import Any, TextIO, TypeVar

QUIET = "DARTSX_QUIET"
"""Environment variable: where it is set, nothing is shown of progress; processes that are started inherit it."""
_RECENT_UPDATES = 20
_BETWEEN_LINES = 10.0  # seconds, where there is no terminal
Item = TypeVar("Item")


def quiet() -> bool:
    """Whether progress is not to be shown."""
    return bool(os.environ.get(QUIET))


def tracked(items: Collection[Item], title: str, **options: Any) -> Iterator[Item]:
    """The items, with a display of how many are done and of the time left; `options` as of `Progress`.

    On a terminal a bar; elsewhere a line every ten seconds at most, and none for work that is done before.
    """
    with Progress(1, len(items), title, **options) as progress:
        for number, item in enumerate(items, start=1):
            yield item
            progress.count(number)


@contextlib.contextmanager
def working(title: str, **options: Any) -> Iterator[None]:
    """Says that work is under way whose length nobody knows, and afterwards how long it took if that was noticeable."""
    started = time.monotonic()
    with Progress(1, 1, title, **options) as progress:
        progress.busy("...")
        yield
    if (seconds := time.monotonic() - started) > 1:
        progress.note(f"{seconds:.1f} s")


class Progress:
    """Context manager that shows epoch, step rate, metrics and time left.

    On a terminal a bar is redrawn in place and every epoch leaves a line above it; elsewhere (a
    file, a pipe) there is one plain line per epoch. Time spent in ``compiling`` does not enter the
    step rate.

    Example::

        with Progress(50, 390, "search cifar10") as progress:
            with progress.compiling("search step"):
                step = step.lower(...).compile()
            progress.update(100, loss=2.1, entropy=2.07)
            progress.epoch(1, train_loss=1.9, valid_accuracy=0.31)
    """

    def __init__(
        self,
        total_epochs: int,
        steps_per_epoch: int,
        title: str,
        *,
        start_step: int = 0,
        stream: TextIO | None = None,
        terminal: bool | None = None,
        enabled: bool = True,
    ):
        """Prepares the display.

        Args:
          total_epochs: epochs of the whole run.
          steps_per_epoch: steps of one epoch.
          title: what runs, such as ``"search digits"``.
          start_step: steps already done when a run is resumed.
          stream: stream to write to; standard output by default.
          terminal: whether to draw a bar; by default whether the stream is a terminal.
          enabled: False shows nothing (processes other than the first); neither does anything where `quiet`.
        """
        self._total_epochs = total_epochs
        self._steps_per_epoch = steps_per_epoch
        self._title = title
        self._step = start_step
        self._enabled = enabled and not quiet()
        self._stream = sys.stdout if stream is None else stream
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._marks: collections.deque = collections.deque(maxlen=_RECENT_UPDATES)
        self._paused, self._told = 0.0, time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    @property
    def steps_per_second(self) -> float:
        """Rate over the recent updates, compilation left out; 0 before there are two."""
        if len(self._marks) < 2 or self._marks[-1][0] <= self._marks[0][0]:
            return 0.0
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - start)

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until the last step, or None before a rate is known."""
        rate = self.steps_per_second
        left = self._total_epochs * self._steps_per_epoch - self._step
        return max(left, 0) / rate if rate else None

    def __enter__(self) -> "Progress":
        self._mark(self._step)
        if self._enabled and self._terminal:
            self._open_bar()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    @contextlib.contextmanager
    def compiling(self, what: str, last: float | None = None) -> Iterator[None]:
        """Says that compilation is under way, and afterwards how long it took.

        Args:
          what: what is compiled.
          last: seconds that it took the last time, if that is known.
        """
        started = time.monotonic()
        known = "" if last is None else f" ({last:.1f} s the last time)"
        if self._bar is not None:
            self.busy(f"compiling {what}{known}")
        else:
            self.note(f"compiling {what}{known} ...")
        try:
            yield
        finally:
            seconds = time.monotonic() - started
            self._paused += seconds
            if self._bar is not None:
                self._bar.update(self._task, note="")
        self.note(f"compiled {what} in {seconds:.1f} s")

    def busy(self, what: str) -> None:
        """Says beside the bar, if there is one, what is going on, and for how long it has been."""
        if self._bar is not None:
            self._bar.update(self._task, note=_Since(what))

    def update(self, step: int, **scalars: Any) -> None:
        """Tells how far the run is.

        Args:
          step: steps done so far, over all epochs.
          **scalars: figures to show, such as loss and accuracy.
        """
        self._step = step
        self._mark(step)
        if self._bar is not None:
            self._bar.update(self._task, completed=step, note=_figures(scalars), **self._columns())

    def count(self, done: int) -> None:
        """Tells how many of the things are done that take the place of steps, in work that has no epochs.

        Where there is no bar this leaves a line every ten seconds at most.
        """
        self.update(done)
        if self._bar is None and done < self._steps_per_epoch and time.monotonic() - self._told >= _BETWEEN_LINES:
            self._told = time.monotonic()
            left = self.seconds_left
            self.note(f"{done}/{self._steps_per_epoch}" + ("" if left is None else f"  {clock_text(left)} left"))

    def epoch(self, epoch: int, **scalars: Any) -> None:
        """Leaves a line for a finished epoch.

        Args:
          epoch: epochs done so far, from 1.
          **scalars: figures to show, such as losses, accuracies, entropy of the alphas.
        """
        if self._bar is not None:
            self._bar.update(self._task, note="")
        parts = [f"epoch {epoch}/{self._total_epochs}", _figures(scalars)]
        if rate := self.steps_per_second:
            parts.append(f"{rate:.1f} steps/s")
        if self.seconds_left is not None and epoch < self._total_epochs:
            parts.append(f"{clock_text(self.seconds_left)} left")
        self.note("  ".join(part for part in parts if part))

    def note(self, message: str) -> None:
        """Writes a line, above the bar if there is one."""
        if not self._enabled:
            return
        line = f"{self._title}: {message}"
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=self._stream, flush=True)

    def _mark(self, step: int) -> None:
        self._marks.append((time.monotonic() - self._paused, step))

    def _columns(self) -> dict[str, str]:
        done = min(self._step // max(self._steps_per_epoch, 1) + 1, self._total_epochs)
        left, rate = self.seconds_left, self.steps_per_second
        counted = f"{self._step}/{self._steps_per_epoch}" if self._steps_per_epoch > 1 else ""
        return {
            "epochs": f"epoch {done}/{self._total_epochs}" if self._total_epochs > 1 else counted,
            "rate": f"{rate:.1f} steps/s" if rate and self._total_epochs > 1 else "",
            "left": "" if left is None else f"{clock_text(left)} left",
        }

    def _open_bar(self) -> None:
        # Imported late: only a terminal needs it.
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        names = ("epochs", "rate", "left", "note")
        columns = [TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in names]
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            *columns,
            console=Console(file=self._stream, force_terminal=True),
            transient=True,
        )
        self._task = self._bar.add_task(
            self._title,
            total=self._total_epochs * self._steps_per_epoch,
            completed=self._step,
            note="",
            **self._columns(),
        )
        self._bar.start()


def _figures(scalars: dict[str, Any]) -> str:
    return "  ".join(f"{name} {_figure(value)}" for name, value in scalars.items())


def _figure(value: Any) -> str:
    return value if isinstance(value, str) else f"{float(value):.4g}"


class _Since:
    """A text that ends in the seconds since it was made, whenever it is read."""

    def __init__(self, text: str):
        self._text, self._started = text, time.monotonic()

    def __format__(self, _: str) -> str:
        return f"{self._text} {time.monotonic() - self._started:.0f} s"


def clock_text(seconds: float) -> str:
    """A span of time as ``h:mm:ss``."""
    return str(datetime.timedelta(seconds=round(seconds)))
