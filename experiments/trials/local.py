"""Runs trials one after the other, in this process."""

from __future__ import annotations

import pathlib
import traceback
from collections.abc import Iterable, Iterator

from dartsx.runtime import WorkdirError
from experiments.settings import SettingsError
from experiments.trials.trial import Result, Trial


def run_local(trials: Iterable[Trial], workdir: pathlib.Path) -> Iterator[Result]:
    """Runs or resumes trials, each in the folder of its name; yields what became of each before the next starts.

    One that fails is told with its traceback, and the others go on. One that is stopped is the last.

    Raises:
      SettingsError, WorkdirError: the caller's to set right.
    """
    for trial in trials:
        folder = workdir / trial.name
        try:
            finished = trial.run(trial.config, folder)
        except (SettingsError, WorkdirError):
            raise
        except Exception as error:
            traceback.print_exc()
            yield Result(trial, folder, "failed", f"{type(error).__name__}: {error}")
            continue
        yield Result(trial, folder, "finished" if finished else "stopped")
        if not finished:
            return
