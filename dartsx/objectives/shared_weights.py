"""Scores by the weights that a trained supernet shares among its architectures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.feeds import take
from dartsx.objectives.objective import Measure, Scores
from dartsx.runtime import jit
from dartsx.search import Search, SearchState
from dartsx.search.predict import values_by_batch
from dartsx.spaces import Architecture, Space

SCORE = Measure("score", "", larger_is_better=True)


@dataclass(frozen=True, eq=False)
class SharedWeights:
    """An objective that trains nothing; it has one budget, the examples that its maker was given.

    Attributes:
      space: the space that was searched.
      scores_of: mixtures [architectures, ...] by group -> score of every architecture.
    """

    space: Space
    scores_of: Callable[[Mapping[str, jax.Array]], jax.Array]

    measures: ClassVar[dict[str, Measure]] = {SCORE.name: SCORE}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """What the plan of the search compares by, such as the accuracy.

        Raises ValueError for a budget.
        """
        if budget is not None:
            raise ValueError(f"shared weights have no budget; given {budget}")
        encoded = [self.space.encode(architecture) for architecture in architectures]
        mixtures = {name: jnp.asarray(np.stack([one[name] for one in encoded]), jnp.float32) for name in encoded[0]}
        return [{SCORE.name: float(score)} for score in self.scores_of(mixtures)]


def shared_weights(search: Search) -> Callable[[SearchState, np.ndarray], SharedWeights]:
    """A function, compiled once, of a search's state and examples to the objective that the state's weights make.

    The examples are numbers, int [batches, batch size]; the supernet predicts by the statistics of each batch.

    Args:
      search: its loss, its examples and its `Plan.score` are used.
    """
    problem, examples = search.problem, search.examples

    def score(state: SearchState, arrays, rows: jax.Array, mixture: Mapping[str, jax.Array]) -> jax.Array:
        values = values_by_batch(problem, state, mixture, rows, lambda row: examples.plain(take(arrays, row)))
        return problem.score(values)

    compiled = jit(lambda state, arrays, rows, mixtures: jax.lax.map(lambda m: score(state, arrays, rows, m), mixtures))

    def objective(state: SearchState, rows: np.ndarray) -> SharedWeights:
        return SharedWeights(search.plan.space, lambda mixtures: compiled(state, search.arrays, rows, mixtures))

    return objective
