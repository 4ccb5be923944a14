"""Trials for whoever watches: on a terminal a live table of those that run, elsewhere plain lines."""

from __future__ import annotations

import datetime
import pathlib
import sys
import time
from statistics import fmean
from typing import Any, TextIO

from dartsx.experiments.trials.scores import epochs_done
from dartsx.experiments.trials.trial import Result, Trial
from dartsx.progress import clock_text, quiet

_SECONDS = 2.0  # between two looks into the trials' folders


class Board:
    """A `Watcher` as a context manager. Every trial that has ended leaves a line."""

    def __init__(
        self,
        root: pathlib.Path,
        total: int | None,
        score: str,
        *,
        stream: TextIO | None = None,
        terminal: bool | None = None,
    ):
        """Prepares the display.

        Args:
          root: folder of the trials' folders.
          total: number of trials, if that is known.
          score: name of the number that counts.
          stream: stream to write to; standard output by default.
          terminal: whether to draw a table; by default whether the stream is a terminal.
        """
        self.root, self.total, self.score = root, total, score
        self._stream = sys.stdout if stream is None else stream
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._counts: dict[str, int] = {}
        self._running: dict[str, tuple[Trial, float]] = {}
        self._live: Any = None
        self._drawn = 0.0
        self._opened, self._ended_here = time.monotonic(), 0

    def started(self, trial: Trial) -> None:
        """See `Watcher`."""
        self._running[trial.name] = (trial, time.monotonic())
        if self._live is None:
            self._line(f"{trial.label}: started")
        self._draw()

    def ended(self, result: Result, scores: list[float]) -> None:
        """See `Watcher`."""
        before = self._running.pop(result.trial.name, None) is None
        self._counts[result.status] = self._counts.get(result.status, 0) + 1
        parts = [f"{result.status} before" if before else result.status]
        if scores:
            parts.append(f"{self.score} {fmean(scores):.4g} (n = {len(scores)})")
        parts += [result.problem] if result.problem else []
        parts += [] if before else [_clock(result.seconds)]
        parts += [f"{clock_text(left)} left"] if (left := self._seconds_left(before)) is not None else []
        self._line(f"{self._number()} {result.trial.label}: {', '.join(parts)}")
        self._draw()

    def waiting(self) -> None:
        """See `Watcher`."""
        if time.monotonic() > self._drawn + _SECONDS:
            self._draw()

    def __enter__(self) -> Board:
        if self._terminal and not quiet():
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self._stream, force_terminal=True)
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _number(self) -> str:
        done = sum(self._counts.values())
        return f"[{done}]" if self.total is None else f"[{done}/{self.total}]"

    def _seconds_left(self, before: bool) -> float | None:
        """An estimate by the trials that ended here since the board was opened; None where there is none."""
        self._ended_here += not before
        if self.total is None or not self._ended_here:
            return None
        missing = self.total - sum(self._counts.values())
        return (time.monotonic() - self._opened) / self._ended_here * missing if missing else None

    def _line(self, text: str) -> None:
        if quiet():
            return
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._stream, flush=True)

    def _draw(self) -> None:
        if self._live is None:
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        counts = ", ".join(f"{number} {status}" for status, number in self._counts.items()) or "none ended"
        table = Table(box=SIMPLE_HEAD, title=f"{self._number()} {counts}", title_justify="left")
        for name in ("running", "seeds", "epoch", "time"):
            table.add_column(name, justify="left" if name == "running" else "right", no_wrap=name != "running")
        for trial, since in self._running.values():
            epoch = str(epochs_done(trial, self.root / trial.name))
            cells = (trial.label, ",".join(map(str, trial.seeds)), epoch, _clock(time.monotonic() - since))
            table.add_row(*map(Text, cells))
        self._live.update(table, refresh=True)
        self._drawn = time.monotonic()


def _clock(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else str(datetime.timedelta(seconds=round(seconds)))
