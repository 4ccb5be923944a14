"""Examples that lie on the devices whole, as a feed: the host sends indices."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dartsx.data import steps_per_epoch
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
    """

    train: Examples
    test: Examples
    batch_size: int
    seed: int
    mesh: jax.sharding.Mesh

    @property
    def steps(self) -> int:
        """Full batches in one pass over the training examples."""
        return steps_per_epoch(self.train.size, self.batch_size)

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
        """Loss and metrics of a state on the test examples, all in one compiled call."""
        evaluate = evaluator(outputs, loss, self.test, self.mesh)
        return lambda state: evaluate(state, np.arange(self.test.size), self.batch_size)

    def close(self) -> None:
        """Nothing is open."""

    @functools.lru_cache(maxsize=1)  # noqa: B019 - one feed a process, and only the present epoch
    def _order(self, epoch: int) -> np.ndarray:
        key, examples = jax.random.key(self.seed), np.arange(self.train.size)
        return epoch_order(key, "train", examples, self.batch_size, epoch, self.steps)
