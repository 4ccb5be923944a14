"""Which setting runs next, and until which epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from dartsx.experiments.sweeps.rungs import Rung, best, promotable

FAILED = float("-inf")


class Unit(NamedTuple):
    """A setting's number, and the epochs after which its trials pause; None for all epochs."""

    setting: int
    epochs: int | None


class Scheduler(Protocol):
    """Asked for units, told their scores: more is better, `FAILED` of one without a score."""

    def ask(self) -> Unit | None:
        """The next unit; None while there is none."""

    def tell(self, unit: Unit, score: float) -> None:
        """The score of a unit."""


Draw = Callable[[], int | None]
"""Number of a new setting; None if there are no more."""


class Whole:
    """Every setting with all its epochs."""

    def __init__(self, draw: Draw):
        self._draw = draw

    def ask(self) -> Unit | None:
        """See `Scheduler`."""
        number = self._draw()
        return None if number is None else Unit(number, None)

    def tell(self, unit: Unit, score: float) -> None:
        """Changes nothing."""


class Halving:
    """Brackets of successive halving, one after the other: a rung begins when the one before is complete.

    With one bracket that is successive halving, with those of `hyperband` Hyperband.
    """

    def __init__(self, brackets: Sequence[Sequence[Rung]], draw: Draw):
        self._waiting, self._draw = list(brackets), draw
        self._next()

    def ask(self) -> Unit | None:
        """See `Scheduler`."""
        if not self._members and self._rung == 0 and self._open:
            number = self._draw()
            if number is not None:
                self._open -= 1
                self._out += 1
                return Unit(number, self._epochs())
            self._open = 0
            self._advance()
        if not self._members:
            return None
        self._out += 1
        return Unit(self._members.pop(0), self._epochs())

    def tell(self, unit: Unit, score: float) -> None:
        """See `Scheduler`."""
        self._scores[unit.setting] = score
        self._out -= 1
        self._advance()

    def _advance(self) -> None:
        """To the next rung, or the next bracket, once all of this one are told."""
        if self._out or self._members or self._open:
            return
        going_on = {number: score for number, score in self._scores.items() if score != FAILED}
        self._rung += 1
        if self._rung < len(self._bracket) and going_on:
            self._members, self._scores = best(going_on, self._bracket[self._rung].settings), {}
        elif self._waiting:
            self._next()

    def _next(self) -> None:
        self._bracket, self._rung = self._waiting.pop(0), 0
        self._open, self._out = self._bracket[0].settings, 0
        self._members: list[int] = []
        self._scores: dict[int, float] = {}

    def _epochs(self) -> int | None:
        last = self._rung == len(self._bracket) - 1
        return None if last else self._bracket[self._rung].epochs


class Asha:
    """Promotes a setting as soon as it is among the best of its rung; no trial waits for others."""

    def __init__(self, epochs: Sequence[int], eta: int, draw: Draw):
        self._epochs, self._eta, self._draw = [*epochs[:-1], None], eta, draw
        self._rungs: list[dict[int, float]] = [{} for _ in epochs]
        self._promoted: list[set[int]] = [set() for _ in epochs]

    def ask(self) -> Unit | None:
        """See `Scheduler`."""
        if (found := promotable(self._rungs, self._promoted, self._eta)) is not None:
            setting, rung = found
            self._promoted[rung].add(setting)
            return Unit(setting, self._epochs[rung + 1])
        number = self._draw()
        return None if number is None else Unit(number, self._epochs[0])

    def tell(self, unit: Unit, score: float) -> None:
        """See `Scheduler`."""
        self._rungs[self._epochs.index(unit.epochs)][unit.setting] = score
