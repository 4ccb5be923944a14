"""A whole sweep as its flags describe it: checked, and not started."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

from dartsx.catalog import METHODS, task_of_data
from dartsx.experiments.settings import SettingsError
from dartsx.experiments.settings.command_line import flat_fields
from dartsx.experiments.settings.load import config_function, load_config
from dartsx.experiments.sweeps.configs import Setting, setting_of, settings_of
from dartsx.experiments.sweeps.points import (
    Point,
    Swept,
    checked_list,
    grid,
    listed_points,
    random_points,
    read_swept,
)
from dartsx.experiments.sweeps.proposals import LEARNING, Fixed, Optuna, Proposals
from dartsx.experiments.sweeps.rungs import budgets, halving, hyperband
from dartsx.experiments.sweeps.schedulers import Asha, Draw, Halving, Scheduler, Whole
from dartsx.experiments.trials import default_score

SAMPLERS = ("grid", "random", *LEARNING)
SCHEDULERS = ("all", "halving", "hyperband", "asha")
_EPOCHS = {"search": "search.epochs", "evaluate": "evaluate.epochs"}


@dataclasses.dataclass(frozen=True)
class SweepFlags:
    """What a command line says of a sweep.

    Attributes:
      argv: the command line.
      source: the config file.
      sweep: the swept fields, a JSON file, or empty for the config file's ``sweep()``.
      job: what is run.
      score: number that counts; empty for that of job and task.
      samples: number of drawn settings; None where they are not drawn.
      sampler: empty for a grid, or random where ranges are swept.
      sweep_seed: seed of the draws.
      scheduler: which settings run how long.
      eta: one in so many goes on.
      min_epochs: epochs of the first rung, at least.
    """

    argv: Sequence[str]
    source: str
    sweep: str
    job: str
    score: str
    samples: int | None
    sampler: str
    sweep_seed: int
    scheduler: str
    eta: int
    min_epochs: int


@dataclasses.dataclass(frozen=True)
class SweepPlan:
    """A checked sweep.

    Attributes:
      job: what is run.
      score: number that counts.
      known: settings that are known beforehand, all checked; None where a sampler learns.
      proposals: makes the settings' source, of the sweep's folder.
      scheduler: makes the scheduler, of what draws a new setting.
    """

    job: str
    score: str
    known: Sequence[Setting] | None
    proposals: Callable[[pathlib.Path], Proposals]
    scheduler: Callable[[Draw], Scheduler]


def plan_of(flags: SweepFlags) -> SweepPlan:
    """Reads and checks everything before the first trial starts.

    Raises:
      SettingsError: a flag or a point is wrong, naming it.
    """
    points, swept = _listed(flags), None
    if points is None:
        swept = read_swept(flags.sweep)
        points = _drawn(flags, swept)
    if points is None:
        examples = _examples(flags, swept)
        scheduler = _scheduler(flags, examples, flags.samples)
        return SweepPlan(flags.job, _score(flags, examples), None, _learning(flags, swept), scheduler)
    known = settings_of(points, flags.argv, flags.job)
    scheduler = _scheduler(flags, known, len(known))
    return SweepPlan(flags.job, _score(flags, known), known, lambda root: Fixed(known), scheduler)


def _score(flags: SweepFlags, settings: Sequence[Setting]) -> str:
    """The number that counts: by default that of the task, if all settings have one."""
    if flags.score:
        return flags.score
    tasks = {task_of_data(setting.config.dataset.name, setting.config.dataset.upscale) for setting in settings}
    found = sorted({default_score(flags.job, task) for task in tasks})
    if len(found) > 1:
        raise SettingsError(
            f"--score: settings are for {', '.join(sorted(tasks))}; name a number that all of them have"
        )
    return found[0]


def _listed(flags: SweepFlags) -> list[Point] | None:
    """Points of a file, if one has them."""
    if flags.sweep and not flags.sweep.endswith(".json"):
        return None
    if flags.samples is not None or flags.sampler:
        raise SettingsError("--sampler, --samples: a list has all its points")
    if flags.sweep:
        return listed_points(flags.sweep)
    sweep = config_function(flags.source, "sweep")
    return [{}] if sweep is None else checked_list(sweep(), f"sweep() of --config={flags.source}")


def _drawn(flags: SweepFlags, swept: Swept) -> list[Point] | None:
    """Points of a grid or of draws; None of a sampler that learns. The ends of ranges are checked first."""
    sampler = flags.sampler or ("random" if swept.ranges else "grid")
    _check_sampler(sampler, swept, flags.samples)
    if sampler == "grid":
        return grid(swept)
    _examples(flags, swept)
    if sampler in LEARNING:
        return None
    return _distinct(random_points(swept, flags.samples, flags.sweep_seed, _whole(flags, swept)))


def _examples(flags: SweepFlags, swept: Swept) -> list[Setting]:
    """Checked settings with every choice, beside the first of the others, and with both ends of the ranges."""
    first, last = (_point(swept, _whole(flags, swept), end) for end in (0.0, 1.0))
    choices = [{**first, name: value} for name, values in swept.choices.items() for value in values]
    return settings_of(_distinct([first, last, *choices]), flags.argv, flags.job)


def _learning(flags: SweepFlags, swept: Swept) -> Callable[[pathlib.Path], Proposals]:
    def proposals(root: pathlib.Path) -> Proposals:
        def make(point: Point) -> Setting:
            return setting_of(point, flags.argv, flags.job)

        return Optuna(make, root, flags.sampler, swept, _whole(flags, swept), flags.samples, flags.sweep_seed)

    return proposals


def _whole(flags: SweepFlags, swept: Swept) -> list[str]:
    """Ranges of whole numbers."""
    types = flat_fields(load_config(flags.source))
    return [name for name in swept.ranges if types.get(name) is int]


def _point(swept: Swept, whole: Sequence[str], share: float) -> Point:
    """The first of all choices, and numbers so far into their ranges."""
    numbers = {name: given.low if share == 0 else given.high for name, given in swept.ranges.items()}
    rounded = {name: round(value) if name in whole else value for name, value in numbers.items()}
    return {name: values[0] for name, values in swept.choices.items()} | rounded


def _distinct(points: Sequence[Point]) -> list[Point]:
    """Points in their order, each once: draws of whole numbers may be equal."""
    return list({tuple(point.items()): point for point in points}.values())


def _check_sampler(sampler: str, swept: Swept, samples: int | None) -> None:
    if sampler == "grid" and swept.ranges:
        raise SettingsError(f"--sampler=grid: {next(iter(swept.ranges))} is a range; list values, or draw by random")
    if sampler == "cmaes" and (swept.choices or len(swept.ranges) < 2):
        raise SettingsError("--sampler=cmaes: sweeps two or more ranges of numbers and nothing else")
    if sampler != "grid" and samples is None:
        raise SettingsError(f"--sampler={sampler}: needs --samples, the number of settings to draw")
    if sampler == "grid" and samples is not None:
        raise SettingsError("--samples: a grid has all its points; draw them by --sampler=random")


def _scheduler(flags: SweepFlags, settings: Sequence[Setting], count: int | None) -> Callable[[Draw], Scheduler]:
    """Makes the scheduler; checks that all settings have the same epochs, which pause."""
    if flags.scheduler == "all":
        return Whole
    if flags.eta < 2:
        raise SettingsError(f"--eta={flags.eta}: must be 2 or more")
    epochs = _epochs(flags, settings)
    if not 1 <= flags.min_epochs < epochs:
        field = _EPOCHS[flags.job]
        raise SettingsError(f"--min_epochs={flags.min_epochs}: must be 1 or more and below --config.{field}={epochs}")
    given = (flags.min_epochs, epochs, flags.eta)
    rungs, number = budgets(*given), flags.samples if count is None else count
    if flags.scheduler == "hyperband":
        return lambda draw: Halving(hyperband(*given), draw)
    least = flags.eta ** (len(rungs) - 1)
    if number < least:
        raise SettingsError(
            f"--scheduler={flags.scheduler}: {number} settings, but with --eta={flags.eta} and rungs at {rungs} epochs "
            f"only one in {least} comes to the end; sweep {least} or more, or raise --min_epochs"
        )
    if flags.scheduler == "halving":
        return lambda draw: Halving([halving(number, *given)], draw)
    return lambda draw: Asha(rungs, flags.eta, draw)


def _epochs(flags: SweepFlags, settings: Sequence[Setting]) -> int:
    """Epochs of all settings, which must be the same, of runs that can pause after any."""
    if flags.job not in _EPOCHS:
        raise SettingsError(f"--scheduler={flags.scheduler}: --job={flags.job} has no epochs to pause after")
    found = set()
    for setting in settings:
        config = setting.config
        group = config.search if flags.job == "search" else config.evaluate
        found.add(group.epochs)
        stages = [name for name in config.method.split("+") if "stages" in METHODS[name].decides]
        if flags.job == "search" and stages:
            raise SettingsError(f"{setting.name}: {stages[0]} searches in stages, which --scheduler cannot pause")
        if flags.job == "evaluate" and group.test_every != 1:
            raise SettingsError("--scheduler: needs --config.evaluate.test_every=1, to know the score of every rung")
    if len(found) > 1:
        raise SettingsError(
            f"--scheduler: all settings need the same --config.{_EPOCHS[flags.job]}, not {sorted(found)}"
        )
    return found.pop()
