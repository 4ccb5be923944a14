"""Progress of a run for whoever watches: a live bar on a terminal, plain lines elsewhere."""

import collections
import contextlib
import datetime
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO

_RECENT_UPDATES = 20


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
          enabled: False shows nothing (processes other than the first).
        """
        self._total_epochs = total_epochs
        self._steps_per_epoch = steps_per_epoch
        self._title = title
        self._step = start_step
        self._enabled = enabled
        self._stream = sys.stdout if stream is None else stream
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._marks: collections.deque = collections.deque(maxlen=_RECENT_UPDATES)
        self._paused = 0.0
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
    def compiling(self, what: str) -> Iterator[None]:
        """Says that compilation is under way, and afterwards how long it took."""
        started = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, note=f"compiling {what} ...")
        else:
            self.note(f"compiling {what} ...")
        try:
            yield
        finally:
            seconds = time.monotonic() - started
            self._paused += seconds
            if self._bar is not None:
                self._bar.update(self._task, note="")
        self.note(f"compiled {what} in {seconds:.1f} s")

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

    def epoch(self, epoch: int, **scalars: Any) -> None:
        """Leaves a line for a finished epoch.

        Args:
          epoch: epochs done so far, from 1.
          **scalars: figures to show, such as losses, accuracies, entropy of the alphas.
        """
        parts = [f"epoch {epoch}/{self._total_epochs}", _figures(scalars)]
        if rate := self.steps_per_second:
            parts.append(f"{rate:.1f} steps/s")
        if self.seconds_left is not None and epoch < self._total_epochs:
            parts.append(f"{_clock(self.seconds_left)} left")
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
        left = self.seconds_left
        return {
            "epochs": f"epoch {done}/{self._total_epochs}",
            "rate": f"{self.steps_per_second:.1f} steps/s",
            "left": "" if left is None else f"{_clock(left)} left",
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


def _clock(seconds: float) -> str:
    return str(datetime.timedelta(seconds=round(seconds)))
