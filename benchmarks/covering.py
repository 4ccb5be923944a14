"""Covering designs: few combinations in which all pairs of levels of different factors occur."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping

import numpy as np

Row = tuple[str, ...]
Level = tuple[str, str]  # a factor, and its level
Pair = tuple[Level, Level]


class Pairs:
    """Which pairs of levels still have to occur, and the combination that holds most of them.

    Attributes:
      total: number of pairs.
      combinations: number of combinations.

    The arguments are the levels of every factor, the seed of the order, the costs of levels, 1 where none is given (a
    combination costs the product of its levels' costs), and what a pair counts as: those that count as the same one
    need one combination together.
    """

    def __init__(
        self,
        factors: Mapping[str, Iterable[str]],
        seed: int = 0,
        costs: Mapping[str, float] | None = None,
        counted: Callable[[Pair], Pair] = lambda pair: pair,
    ):
        self._factors, self._counted = tuple(factors), counted
        self._rows = list(itertools.product(*factors.values()))
        random.Random(seed).shuffle(self._rows)
        self._numbers: dict[Pair, int] = {}
        number = self._numbers.setdefault
        self._held = np.array([[number(pair, len(self._numbers)) for pair in self.of(row)] for row in self._rows])
        self._costs = np.array([math.prod((costs or {}).get(level, 1.0) for level in row) for row in self._rows])
        self.total, self.combinations = len(self._numbers), len(self._rows)
        self._left, self._free = np.ones(self.total, bool), np.ones(self.combinations, bool)
        self._allowed = self._free.copy()

    def __len__(self) -> int:
        """Pairs that are left."""
        return int(self._left.sum())

    def of(self, row: Row) -> list[Pair]:
        """The pairs of a combination."""
        return [self._counted(pair) for pair in itertools.combinations(zip(self._factors, row, strict=True), 2)]

    def left(self, pair: Pair) -> bool:
        """Whether a pair is on the list."""
        return bool(self._left[self._numbers[pair]])

    def take(self, row: Row) -> None:
        """Takes a combination off the list; its pairs stay."""
        self._free[self._rows.index(row)] = False

    def close(self, pairs: Iterable[Pair]) -> int:
        """Takes pairs off the list; returns how many of them were on it."""
        before, numbers = len(self), [self._numbers[pair] for pair in pairs]
        self._left[numbers] = False
        return before - len(self)

    def forbid(self, levels: Iterable[Level]) -> int:
        """Takes off the list what holds all these levels, and pairs that no other combination holds.

        Returns:
          How many pairs were on the list.
        """
        levels = set(levels)
        self._allowed &= [not levels <= set(zip(self._factors, row, strict=True)) for row in self._rows]
        self._free &= self._allowed
        held = np.zeros(self.total, bool)
        held[self._held[self._allowed]] = True
        return self.close([pair for pair, number in self._numbers.items() if levels <= set(pair) or not held[number]])

    def next(self) -> Row | None:
        """The combination with most pairs that are left for its cost; None if none holds any."""
        held = self._left[self._held].sum(1) * self._free / self._costs
        best = int(held.argmax())
        return self._rows[best] if held[best] else None
