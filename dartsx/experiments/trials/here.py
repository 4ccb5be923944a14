"""Runs trials one after the other, in this process."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

from dartsx.experiments.settings import SettingsError
from dartsx.experiments.trials.trial import Result, Trial
from dartsx.experiments.trials.work import run_trial
from dartsx.runtime import WorkdirError


class Here:
    """An `Executor` without processes of its own: what one trial compiles stays for the next.

    Wrong settings and folders that hold something else are raised by `wait`, since they are the caller's to set right.
    """

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.running: dict[str, Trial] = {}

    def room(self) -> bool:
        """Only for one."""
        return not self.running

    def start(self, trial: Trial) -> None:
        """Notes it; `wait` runs it."""
        self.running[trial.name] = trial

    def wait(self, seconds: float) -> Sequence[Result]:
        """Runs the trial that was started, however long that takes."""
        name, trial = self.running.popitem()
        return [run_trial(trial, self.root / name, SettingsError, WorkdirError)]

    def stop(self) -> None:
        """Nothing runs between two calls of `wait`; the signal that the caller got reached the trial itself."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: Any) -> None:
        pass
