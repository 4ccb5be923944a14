"""Pareto local search (Paquete, Chiarandini and Stuetzle 2004): the archive of what none dominates grows by neighbours.

The neighbours of a member of the archive, drawn from those whose neighbours were not asked for yet, are asked for; what
nobody dominates enters, and what it dominates leaves. Where all members are explored, and while scores are outstanding
that decide what is next, random architectures are asked for. One that lacks a score does not enter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.asked import Asked, Identity, identity, start
from dartsx.strategies.pareto import dominates, utilities_of
from dartsx.strategies.strategy import Key, Strategy


@dataclasses.dataclass(frozen=True)
class _State:
    """What was asked; the archive with its utilities; who of it is explored; neighbours to be asked for."""

    asked: Asked
    archive: tuple[tuple[Architecture, tuple[float, ...]], ...] = ()
    explored: frozenset[Identity] = frozenset()
    left: tuple[Architecture, ...] = ()


def pareto_local_search(measures: Sequence[Measure]) -> Strategy:
    """The strategy; all measures count."""
    return Strategy("pareto_local", _init, _ask, partial(_tell, tuple(measures)))


def _init(space: Space, key: Key) -> _State:
    return _State(start(space, key))


def _ask(state: _State, n: int) -> tuple[_State, list[Architecture]]:
    rng, space, taken = state.asked.rng(), state.asked.space, []
    while len(taken) < n:
        fresh = [a for a in state.left if identity(a) not in state.asked.seen][: n - len(taken)]
        taken += fresh
        state = dataclasses.replace(state, asked=state.asked.told(fresh))
        open_ones = [a for a, _ in state.archive if identity(a) not in state.explored]
        if len(taken) == n or not open_ones:
            break
        member = open_ones[rng.integers(len(open_ones))]
        around = space.neighbours(member, rng)
        left = tuple(around[i] for i in rng.permutation(len(around)))
        state = dataclasses.replace(state, left=left, explored=state.explored | {identity(member)})
    asked = dataclasses.replace(state.asked, times=state.asked.times + 1)
    asked, random = asked.fresh(n - len(taken), space.sample)
    return dataclasses.replace(state, asked=asked), taken + random


def _tell(
    measures: tuple[Measure, ...], state: _State, architectures: Sequence[Architecture], scores: Sequence[Scores]
) -> _State:
    told = dict(zip(architectures, map(tuple, utilities_of(measures, scores).tolist()), strict=True))
    pairs = {**dict(state.archive), **{a: values for a, values in told.items() if np.isfinite(values).all()}}
    beaten = dominates(np.array(list(pairs.values())).reshape(len(pairs), len(measures))).any(0)
    archive = tuple(pair for pair, out in zip(pairs.items(), beaten, strict=True) if not out)
    return dataclasses.replace(state, asked=state.asked.told(architectures), archive=archive)
