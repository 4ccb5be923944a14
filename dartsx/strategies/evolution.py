"""Regularised evolution (arXiv:1802.01548): the oldest dies, whatever it scored.

A population is drawn at random. Then the best of a sample of it, drawn with replacement, is mutated in one choice; the
child enters as it is told, and the oldest leaves. An architecture whose score is missing does not enter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.asked import Asked, start
from dartsx.strategies.strategy import Key, Strategy


@dataclasses.dataclass(frozen=True)
class _State:
    """What was asked; (utility, architecture) of the population from old to young; how many random ones are left."""

    asked: Asked
    population: tuple[tuple[float, Architecture], ...]
    random: int


def evolution(measure: Measure, population: int, sample: int, repeats: bool) -> Strategy:
    """The strategy.

    Args:
      measure: the measure whose utility counts.
      population: architectures in it.
      sample: draws for a parent.
      repeats: whether children that were asked for already are asked for again, as in the paper, or drawn anew.
    """
    ask = partial(_ask, sample, repeats)
    return Strategy("evolution", partial(_init, population), ask, partial(_tell, measure, population))


def _init(population: int, space: Space, key: Key) -> _State:
    return _State(start(space, key), (), population)


def _ask(sample: int, repeats: bool, state: _State, n: int) -> tuple[_State, list[Architecture]]:
    space, left = state.asked.space, state.random

    def born(rng: np.random.Generator) -> Architecture:
        if not state.population:
            return space.sample(rng)
        drawn = rng.integers(len(state.population), size=sample)
        _, parent = max((state.population[i] for i in drawn), key=lambda member: member[0])
        return space.mutate(parent, rng)

    asked, first = state.asked.fresh(min(n, left), space.sample, repeats)
    asked, others = asked.fresh(n - len(first), born, repeats)
    return dataclasses.replace(state, asked=asked, random=left - len(first)), first + others


def _tell(
    measure: Measure, size: int, state: _State, architectures: Sequence[Architecture], scores: Sequence[Scores]
) -> _State:
    told = [(measure.utility(s), a) for s, a in zip(scores, architectures, strict=True)]
    alive = (*state.population, *(member for member in told if np.isfinite(member[0])))
    return dataclasses.replace(state, asked=state.asked.told(architectures), population=alive[-size:])
