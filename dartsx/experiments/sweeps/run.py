"""Runs a planned sweep in a folder."""

from __future__ import annotations

import contextlib
import pathlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from dartsx.experiments.jobs.search import check_plan
from dartsx.experiments.settings import search_settings
from dartsx.experiments.sweeps.configs import check_points
from dartsx.experiments.sweeps.plan import SweepPlan
from dartsx.experiments.sweeps.schedulers import Unit, Whole
from dartsx.experiments.sweeps.source import Scheduled
from dartsx.experiments.trials import Executor, Ledger, Result, Trial, drive, trials_of
from dartsx.experiments.trials.board import Board
from dartsx.runtime import WorkdirError
from dartsx.runtime.lock import lock_folder


def run_sweep(
    plan: SweepPlan,
    root: pathlib.Path,
    seeds: Sequence[int],
    share: bool,
    executor: Callable[[pathlib.Path], Executor],
    max_failures: int | None,
) -> list[Result]:
    """Runs or resumes a sweep; what the ledger of its folder knows to have ended is not run again.

    Args:
      plan: the checked sweep.
      root: its folder.
      seeds: seeds of every setting.
      share: whether seeds of one setting may be one program.
      executor: makes what runs the trials, of the folder.
      max_failures: see `drive`.

    Returns:
      What became of every trial, those of earlier runs included; the last of each trial and number of epochs.

    Raises:
      WorkdirError: another sweep holds the folder.
      ExecutorError: the executor cannot work here.
    """
    root = root.absolute()
    with _locked(root), executor(root) as given, Ledger(root, plan.score) as ledger:
        proposals, numbers = plan.proposals(root), iter(range(2**31))

        def trials(unit: Unit) -> list[Trial]:
            setting = proposals.setting(unit.setting)
            made = trials_of(setting.name, plan.job, setting.config, seeds, setting.fields, share)
            return [trial._replace(epochs=unit.epochs) for trial in made]

        def draw() -> int | None:
            number = next(numbers)
            return None if proposals.setting(number) is None else number

        scheduler = plan.scheduler(draw)
        source = Scheduled(scheduler, trials, plan.score, lambda unit, score: proposals.tell(unit.setting, score))
        total = len(planned(plan, seeds, share)) if isinstance(scheduler, Whole) and plan.known else None
        with Board(root, total, plan.score) as board:
            return list(drive(source, given, ledger, max_failures, board))


def check_searches(plan: SweepPlan) -> None:
    """Checks methods and supernets of all settings that are known beforehand; compiles nothing.

    Raises:
      SettingsError: the first that does not fit, naming point and field.
    """
    if plan.job != "evaluate":
        check_points(plan.known or (), lambda setting: check_plan(search_settings(setting.config)))


def planned(plan: SweepPlan, seeds: Sequence[int], share: bool) -> list[Trial]:
    """Trials of the settings that are known beforehand, with all their epochs."""
    return [
        trial
        for setting in plan.known or ()
        for trial in trials_of(setting.name, plan.job, setting.config, seeds, setting.fields, share)
    ]


def summary(results: Sequence[Result]) -> str:
    """How many trials ended how, and the names of those that failed with what went wrong."""
    last = {(result.trial.name, result.trial.epochs): result for result in results}
    counts = Counter(result.status for result in last.values())
    said = ", ".join(f"{number} {status}" for status, number in counts.items()) or "no trial was run"
    failed = [f"  {r.trial.label}: {r.problem}" for r in last.values() if r.status == "failed"]
    return "\n".join([f"trials: {said}", *failed])


@contextlib.contextmanager
def _locked(root: pathlib.Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    lock = lock_folder(root)
    if isinstance(lock, str):
        raise WorkdirError(f"sweep {root} is in use by {lock}; wait for it or stop it")
    try:
        yield
    finally:
        lock.release()
