"""The one loop that runs trials: from a source, by an executor, into a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from dartsx.experiments.trials.executor import Executor
from dartsx.experiments.trials.ledger import Ledger
from dartsx.experiments.trials.trial import Result, Trial
from dartsx.runtime import StopRequest

_SECONDS = 1.0  # between two looks at who watches


class Source(Protocol):
    """Says which trial comes next."""

    def ask(self) -> Trial | None:
        """The next trial; None while there is none, which may change when results are told."""

    def tell(self, trial: Trial, scores: list[float]) -> None:
        """The numbers that count of a trial that has ended; none of one that failed."""


class Listed:
    """A `Source` of trials that are known beforehand."""

    def __init__(self, trials: Iterable[Trial]):
        self._trials = iter(trials)

    def ask(self) -> Trial | None:
        """See `Source`."""
        return next(self._trials, None)

    def tell(self, trial: Trial, scores: list[float]) -> None:
        """Changes nothing."""


class Watcher(Protocol):
    """Whom the loop tells what happens."""

    def started(self, trial: Trial) -> None:
        """A trial has started."""

    def ended(self, result: Result, scores: list[float]) -> None:
        """A trial has ended, now or in an earlier run of the loop."""

    def waiting(self) -> None:
        """Time has gone by."""


class Unwatched:
    """A `Watcher` that looks away."""

    def started(self, trial: Trial) -> None:
        """See `Watcher`."""

    def ended(self, result: Result, scores: list[float]) -> None:
        """See `Watcher`."""

    def waiting(self) -> None:
        """See `Watcher`."""


UNWATCHED = Unwatched()


def drive(
    source: Source, executor: Executor, ledger: Ledger, max_failures: int | None = None, watcher: Watcher = UNWATCHED
) -> Iterator[Result]:
    """Runs all trials of a source; yields what became of each.

    Those that the ledger knows to have ended are not run again, and yielded with the others. One that fails is told,
    and the others go on, until more than `max_failures` have failed: then no other starts. After a signal, or after a
    trial that was stopped by one, all are asked to save and leave.
    """
    failures, stopped, asked = 0, False, False
    with StopRequest() as request:
        while True:
            stopped = stopped or request.requested
            enough = max_failures is not None and failures > max_failures
            while not (stopped or enough) and executor.room() and (trial := source.ask()) is not None:
                if (told := ledger.told(trial)) is not None:
                    yield _told(told, source, ledger, watcher)
                else:
                    executor.start(trial)
                    watcher.started(trial)
            if not executor.running:
                return
            if stopped and not asked:
                executor.stop()
                asked = True
            for result in executor.wait(_SECONDS):
                ledger.write(result)
                failures += result.status == "failed"
                stopped = stopped or result.status == "stopped"
                yield _told(result, source, ledger, watcher)
            watcher.waiting()


def _told(result: Result, source: Source, ledger: Ledger, watcher: Watcher) -> Result:
    scores = ledger.scores(result.trial) if result.status in ("finished", "paused") else []
    source.tell(result.trial, scores)
    watcher.ended(result, scores)
    return result
