"""What a strategy would have found after each of its queries, from scores that cost nothing, such as a table's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.objectives import Measure, Objective
from dartsx.spaces import Architecture, Space
from dartsx.strategies.pareto import hypervolume
from dartsx.strategies.queries import Query, queries
from dartsx.strategies.strategy import Key, Strategy


class Figures(NamedTuple):
    """Mean, sample standard deviation (None of one search) and number of the searches that had found something."""

    mean: float
    std: float | None
    n: int


def asked(
    strategy: Strategy, space: Space, objective: Objective, key: Key, count: int, budget: int | None = None
) -> list[Query]:
    """The first queries of a search, one at a time."""
    return list(itertools.islice(queries(strategy, space, objective, key, budget), count))


def incumbents(
    done: Sequence[Query], measure: Measure, report: Callable[[Sequence[Architecture]], Sequence[float]]
) -> np.ndarray:
    """What is reported of the best so far, float64 [queries]; NaN as long as there is none.

    Args:
      done: queries in their order.
      measure: the measure by which the best is chosen; of equal ones the first.
      report: values of architectures.
    """
    utilities = np.array([measure.utility(query.scores) for query in done])
    top = np.maximum.accumulate(np.where(np.isnan(utilities), -np.inf, utilities))
    better = np.flatnonzero(top > np.concatenate([[-np.inf], top[:-1]]))
    values = np.array([np.nan, *report([done[i].architecture for i in better])])
    return values[np.searchsorted(better, np.arange(len(done)), side="right")]


def hypervolumes(utilities: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Share of the box from low to high that the queries so far dominate, float64 [queries].

    Args:
      utilities: float64 [queries, measures]; what is missing or below ``low`` dominates nothing.
      low: the reference, [measures].
      high: best values, [measures].
    """
    reference, front, volumes = np.zeros(len(low)), np.zeros((0, len(low))), []
    for point in np.nan_to_num((utilities - low) / (high - low), nan=-1.0):
        if (point > reference).all() and not (front >= point).all(1).any():
            front = np.vstack([front[~(front <= point).all(1)], point])
            volume = hypervolume(front, reference)
        volumes.append(volume if len(front) else 0.0)
    return np.array(volumes)


def figures(curves: np.ndarray, count: int) -> Figures:
    """Mean and deviation of the searches' curves [searches, queries] after `count` queries."""
    values = curves[:, count - 1]
    values = values[np.isfinite(values)]
    std = float(values.std(ddof=1)) if len(values) > 1 else None
    return Figures(float(values.mean()) if len(values) else float("nan"), std, len(values))
