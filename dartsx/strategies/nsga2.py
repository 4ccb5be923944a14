"""NSGA-II (Deb et al. 2002): evolution towards the front of what no other dominates.

Parents are won in tournaments of two, by the number of their front, then by crowding distance. Children mix both
parents' actions, step by step, and are mutated in one choice with a probability. As soon as a population of children is
told, the best of parents and children stay. An architecture that lacks a score does not enter.

An own implementation, as it is short and every space crosses over and mutates by rules of its own, for which libraries
ask for classes of more lines than these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from dartsx.objectives import Measure
from dartsx.spaces import Architecture, Space
from dartsx.strategies.asked import Asked, start
from dartsx.strategies.pareto import crowding, ranks, utilities_of
from dartsx.strategies.steps import INACTIVE, Steps, made, steps_of
from dartsx.strategies.strategy import Key, Strategy

Member = tuple[Architecture, tuple[float, ...]]


@dataclasses.dataclass(frozen=True)
class _State:
    """What was asked; parents from good to bad with their utilities; children told; random ones left to ask for."""

    asked: Asked
    steps: Steps
    parents: tuple[Member, ...]
    children: tuple[Member, ...]
    random: int


def nsga2(measures: Sequence[Measure], population: int, mutation: float) -> Strategy:
    """The strategy.

    Args:
      measures: all count.
      population: number of parents.
      mutation: probability that a child is mutated after crossing over; one like its parents always is.
    """
    ask = partial(_ask, mutation)
    return Strategy("nsga2", partial(_init, population), ask, partial(_tell, tuple(measures), population))


def _init(population: int, space: Space, key: Key) -> _State:
    return _State(start(space, key), steps_of(space), (), (), population)


def _ask(mutation: float, state: _State, n: int) -> tuple[_State, list[Architecture]]:
    space = state.asked.space
    parents = [state.steps.actions(a) for a, _ in state.parents]

    def born(rng: np.random.Generator) -> Architecture:
        if not parents:
            return space.sample(rng)
        one, other = (min(rng.integers(len(parents), size=2)) for _ in range(2))  # the better stands before
        mixed = crossed(state.steps, parents[one], parents[other], rng)
        child = made(state.steps, mixed)
        if child is None:  # the space forbids the mixture
            child, mixed = state.parents[one][0], parents[one]
        return space.mutate(child, rng) if mixed in (parents[one], parents[other]) or rng.random() < mutation else child

    asked, first = state.asked.fresh(min(n, state.random), space.sample)
    asked, others = asked.fresh(n - len(first), born)
    return dataclasses.replace(state, asked=asked, random=state.random - len(first)), first + others


def crossed(steps: Steps, one: Sequence[int], other: Sequence[int], rng: np.random.Generator) -> tuple[int, ...]:
    """Actions of which each is one of two parents', by chance; where neither's is allowed, any that is."""
    actions: list[int] = []
    for pair in zip(one, other, strict=True):
        allowed = steps.allowed(actions)
        if allowed is None:
            actions.append(INACTIVE)
            continue
        choices = [action for action in pair if action != INACTIVE and allowed[action]]
        actions.append(int(rng.choice(choices or np.flatnonzero(allowed))))
    return tuple(actions)


def _tell(
    measures: tuple[Measure, ...], size: int, state: _State, architectures: Sequence[Architecture], scores
) -> _State:
    told = zip(architectures, map(tuple, utilities_of(measures, scores).tolist()), strict=True)
    children = state.children + tuple(member for member in told if np.isfinite(member[1]).all())
    state = dataclasses.replace(state, asked=state.asked.told(architectures), children=children)
    if len(children) < size:
        return state
    return dataclasses.replace(state, parents=_selected((*state.parents, *children), size), children=())


def _selected(members: tuple[Member, ...], size: int) -> tuple[Member, ...]:
    """The best by front, then by crowding distance inside it, from good to bad."""
    utilities = np.array([values for _, values in members])
    fronts, distance = ranks(utilities), np.zeros(len(members))
    for front in range(fronts.max() + 1):
        distance[fronts == front] = crowding(utilities[fronts == front])
    return tuple(members[i] for i in np.lexsort((-distance, fronts))[:size])
