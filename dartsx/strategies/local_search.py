"""Local search (arXiv:2004.08960): all neighbours are asked for, and the search goes on from the best of them.

Where none is better than the present architecture, it starts again at a random one. While scores of neighbours are
outstanding, further questions are random ones, of which the best is the next start. An architecture whose score is
missing is no better than any other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.asked import Asked, Identity, identity, start
from dartsx.strategies.strategy import Key, Strategy


@dataclasses.dataclass(frozen=True)
class _State:
    """A walk.

    Attributes:
      asked: the part of the state that all strategies share.
      utilities: utilities of all that was told and has one.
      starts: random architectures from which no walk has started yet.
      present: where the walk is; None before a start.
      around: its neighbours.
      left: those of them that are still to be asked for.
      outstanding: identities of those that were asked for and not told.
    """

    asked: Asked
    utilities: Mapping[Identity, float] = dataclasses.field(default_factory=dict)
    starts: tuple[Architecture, ...] = ()
    present: Architecture | None = None
    around: tuple[Architecture, ...] = ()
    left: tuple[Architecture, ...] = ()
    outstanding: frozenset[Identity] = frozenset()

    def utility(self, architecture: Architecture) -> float:
        """Minus infinity where it is not known."""
        return self.utilities.get(identity(architecture), -np.inf)


def local_search(measure: Measure, repeats: bool) -> Strategy:
    """The strategy.

    Args:
      measure: the measure whose utility counts.
      repeats: whether neighbours that were asked for already are asked for again, or their utility remembered.
    """
    return Strategy("local", _init, partial(_ask, repeats), partial(_tell, measure))


def _init(space: Space, key: Key) -> _State:
    return _State(start(space, key))


def _ask(repeats: bool, state: _State, n: int) -> tuple[_State, list[Architecture]]:
    rng, found = state.asked.rng(), []
    state = _moved(state, repeats, rng)
    taken, left = state.left[:n], state.left[n:]
    asked = dataclasses.replace(state.asked.told(taken), times=state.asked.times + 1)
    asked, found = asked.fresh(n - len(taken), asked.space.sample, repeats)
    outstanding = state.outstanding | {identity(architecture) for architecture in taken}
    return dataclasses.replace(state, asked=asked, left=left, outstanding=outstanding), [*taken, *found]


def _moved(state: _State, repeats: bool, rng: np.random.Generator) -> _State:
    """Goes on until there are neighbours to ask for or to wait for, or no start is left."""
    while not state.left and not state.outstanding:
        best = max(state.around, key=state.utility, default=None)
        if state.present is not None and best is not None and state.utility(best) > state.utility(state.present):
            state = _walked(state, best, repeats, rng)
        elif state.starts:
            best = max(state.starts, key=state.utility)
            state = _walked(dataclasses.replace(state, starts=()), best, repeats, rng)
        else:
            return dataclasses.replace(state, present=None, around=())
    return state


def _walked(state: _State, present: Architecture, repeats: bool, rng: np.random.Generator) -> _State:
    neighbours = state.asked.space.neighbours(present, rng)
    around = tuple(neighbours[i] for i in rng.permutation(len(neighbours)))
    left = around if repeats else tuple(a for a in around if identity(a) not in state.asked.seen)
    return dataclasses.replace(state, present=present, around=around, left=left)


def _tell(measure: Measure, state: _State, architectures: Sequence[Architecture], scores: Sequence[Scores]) -> _State:
    told = [identity(architecture) for architecture in architectures]
    found = zip(told, map(measure.utility, scores), strict=True)
    utilities = {**state.utilities, **{name: utility for name, utility in found if np.isfinite(utility)}}
    starts = [a for a, name in zip(architectures, told, strict=True) if name not in state.outstanding]
    return dataclasses.replace(
        state,
        asked=state.asked.told(architectures),
        utilities=utilities,
        starts=(*state.starts, *(a for a in starts if identity(a) in utilities)),
        outstanding=state.outstanding - set(told),
    )
