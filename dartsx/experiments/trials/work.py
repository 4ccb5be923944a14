"""Runs one trial in this process; what every executor does in the end."""

from __future__ import annotations

import pathlib
import time
import traceback

from dartsx.experiments.settings.flags import exit_status
from dartsx.experiments.settings.load import config_from
from dartsx.experiments.trials.scores import epochs_done
from dartsx.experiments.trials.trial import Result, Status, Trial, job_of


def run_trial(trial: Trial, folder: pathlib.Path, *raised: type[Exception]) -> Result:
    """Runs or resumes a trial.

    What its job raises is told, in one line if that speaks to the user, else with its traceback; errors of the kinds
    `raised` are the caller's.
    """
    started = time.monotonic()
    try:
        finished = job_of(trial.job)(config_from(trial.config), folder, trial.epochs)
    except raised:
        raise
    except Exception as error:
        said = exit_status(error) is not None
        if not said:
            traceback.print_exc()
        problem = str(error) if said else f"{type(error).__name__}: {error}"
        return Result(trial, folder, "failed", problem, time.monotonic() - started)
    return Result(trial, folder, _status(trial, folder, finished), "", time.monotonic() - started)


def _status(trial: Trial, folder: pathlib.Path, finished: bool) -> Status:
    if finished:
        return "finished"
    reached = trial.epochs is not None and epochs_done(trial, folder) >= trial.epochs
    return "paused" if reached else "stopped"
