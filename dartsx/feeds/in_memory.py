"""Examples that lie on the devices whole, as a feed: the host sends indices."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dartsx.data import steps_per_epoch
from dartsx.feeds.collected import Collected, collector
from dartsx.feeds.evaluation import Outputs, evaluator
from dartsx.feeds.examples import Examples, epoch_order, sharded_rows, take
from dartsx.losses import Loss


@dataclasses.dataclass(frozen=True, eq=False)
class InMemory:
    """A `Feed` of examples that fit into memory.

    Attributes:
      train: examples to train on.
      test: examples to test on.
      batch_size: batch size of both.
      seed: orders the training examples.
      mesh: the devices.
      collected: figures of all test examples together besides loss and metrics; None for none.
      parts: numbers of the examples that are trained with, and tested with; None for all.
    """

    train: Examples
    test: Examples
    batch_size: int
    seed: int
    mesh: jax.sharding.Mesh
    collected: Collected | None = None
    parts: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def steps(self) -> int:
        """Full batches in one pass over the training examples."""
        return steps_per_epoch(len(self._numbers[0]), self.batch_size)

    @property
    def arrays(self) -> Any:
        """The training examples."""
        return self.train.arrays

    def rows(self, epoch: int, first: int, count: int) -> jax.Array:
        """Numbers of the examples, int32 [count, batch]."""
        return sharded_rows(self._order(epoch)[first : first + count], self.mesh)

    def batch(self, arrays: Any, row: jax.Array, key: jax.Array) -> Any:
        """Gathers and augments, inside jit."""
        return self.train.augmented(take(arrays, row, self.mesh), key)

    def evaluator(self, outputs: Outputs, loss: Loss) -> Callable[[Any], dict[str, float]]:
        """Loss and metrics of a state on the test examples, all in one compiled call, and what is collected."""
        given = self._numbers[1], self.batch_size
        evaluate = evaluator(outputs, loss, self.test, self.mesh)
        if self.collected is None:
            return lambda state: evaluate(state, *given)
        collect = collector(outputs, self.collected, self.test, self.mesh)
        return lambda state: evaluate(state, *given) | collect(state, *given)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray]:
        return self.parts or (np.arange(self.train.size), np.arange(self.test.size))

    @functools.lru_cache(maxsize=1)  # noqa: B019 - one feed a process, and only the present epoch
    def _order(self, epoch: int) -> np.ndarray:
        key = jax.random.key(self.seed)
        return epoch_order(key, "train", self._numbers[0], self.batch_size, epoch, self.steps)
