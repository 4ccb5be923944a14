"""A search as an iterator: ask, score, tell, and again."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.objectives import Measure, Objective, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.strategy import Key, Strategy


class Query(NamedTuple):
    """An architecture and its scores."""

    architecture: Architecture
    scores: Scores


def queries(
    strategy: Strategy, space: Space, objective: Objective, key: Key, budget: int | None = None, at_once: int = 1
) -> Iterator[Query]:
    """All that a strategy asks for, without end.

    Args:
      strategy: asks and is told.
      space: the space that is searched.
      objective: scores.
      key: key from which all that is random is drawn.
      budget: budget of the objective for each architecture.
      at_once: how many are asked for before the scores are told.

    Example: ``list(itertools.islice(queries(random_search(), NB201, objective, key=0), 100))``.
    """
    state = strategy.init(space, key)
    while True:
        state, architectures = strategy.ask(state, at_once)
        scores = objective(architectures, budget)
        yield from map(Query, architectures, scores)
        state = strategy.tell(state, architectures, scores)


def best(done: Sequence[Query], measure: Measure) -> Query | None:
    """The first of the best by a measure; None where no score has it."""
    utilities = np.array([measure.utility(query.scores) for query in done])
    return None if np.isnan(utilities).all() else done[int(np.nanargmax(utilities))]
