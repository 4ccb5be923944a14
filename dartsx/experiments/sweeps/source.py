"""From units to trials: a setting of several seeds is one unit, told when all its trials have ended."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from dartsx.experiments.sweeps.schedulers import FAILED, Scheduler, Unit
from dartsx.experiments.trials import Trial, smaller_is_better

Trials = Callable[[Unit], list[Trial]]


class Scheduled:
    """A `Source` of the trials of a scheduler's units."""

    def __init__(self, scheduler: Scheduler, trials: Trials, score: str, heard: Callable[[Unit, float], None]):
        """Takes its parts.

        Args:
          scheduler: says which unit is next.
          trials: trials of a unit.
          score: name of the number that counts; means over the seeds decide.
          heard: also told every unit and its score, more being better.
        """
        self._scheduler, self._trials, self._heard = scheduler, trials, heard
        self._sign = -1.0 if smaller_is_better(score) else 1.0
        self._queue: list[Trial] = []
        self._units: dict[tuple[str, int | None], Unit] = {}
        self._missing: dict[Unit, int] = {}
        self._scores: dict[Unit, list[float]] = {}

    def ask(self) -> Trial | None:
        """See `Source`."""
        if not self._queue and (unit := self._scheduler.ask()) is not None:
            self._queue = self._trials(unit)
            self._missing[unit], self._scores[unit] = len(self._queue), []
            self._units |= {(trial.name, trial.epochs): unit for trial in self._queue}
        return self._queue.pop(0) if self._queue else None

    def tell(self, trial: Trial, scores: list[float]) -> None:
        """See `Source`."""
        unit = self._units[trial.name, trial.epochs]
        self._scores[unit] += scores
        self._missing[unit] -= 1
        if not self._missing[unit]:
            found = self._scores[unit]
            score = self._sign * fmean(found) if found else FAILED
            self._heard(unit, score)
            self._scheduler.tell(unit, score)
