"""Images that lie on the devices whole, as the feed of an evaluation: the host sends indices."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dartsx.data import Dataset, steps_per_epoch
from dartsx.search import Batch
from experiments.jobs import feed
from experiments.jobs.setup import load_checked
from experiments.settings import EvaluateSettings


@dataclasses.dataclass(frozen=True, eq=False)
class InMemory:
    """A `Feed` of a data set that fits into memory; make it by `open_in_memory`."""

    settings: EvaluateSettings
    dataset: Dataset
    mesh: jax.sharding.Mesh
    arrays: dict[str, jax.Array]
    test_arrays: dict[str, jax.Array]

    @property
    def label(self) -> str:
        """What reports call the data set."""
        return self.dataset.label

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.dataset.num_classes

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.dataset.image_shape

    @property
    def steps(self) -> int:
        """Full batches in one pass over the training images."""
        return steps_per_epoch(len(self.dataset.train), self.settings.evaluate.batch_size)

    def rows(self, epoch: int, first: int, count: int) -> jax.Array:
        """Numbers of the examples, int32 [count, batch]."""
        return feed.sharded_rows(self._order(epoch)[first : first + count], self.mesh)

    def batch(self, arrays: Any, row: jax.Array, key: jax.Array) -> Batch:
        """Gathers and augments, inside jit."""
        settings = self.settings
        make = feed.augmented_batch(self.dataset, settings.evaluate.augment, settings.dtype, self.mesh)
        return make(arrays, row, key)

    def evaluator(self, predict: feed.Predict) -> Callable[[Any], dict[str, float]]:
        """Loss and accuracy of a state on the test images, all in one compiled call."""
        examples = np.arange(len(self.dataset.test))
        evaluate = feed.evaluator(predict, self.dataset, self.settings.dtype, self.mesh)
        return lambda state: evaluate(state, self.test_arrays, examples, self.settings.evaluate.batch_size)

    def close(self) -> None:
        """Nothing is open."""

    @functools.lru_cache(maxsize=1)  # noqa: B019 - one feed a process, and only the present epoch
    def _order(self, epoch: int) -> np.ndarray:
        examples = np.arange(len(self.dataset.train))
        key, batch_size = jax.random.key(self.settings.seed), self.settings.evaluate.batch_size
        return feed.order(key, "train", examples, batch_size, epoch, self.steps)


def open_in_memory(settings: EvaluateSettings, mesh: jax.sharding.Mesh) -> InMemory:
    """Loads the data set and copies it to every device.

    Raises:
      SettingsError: the data cannot be loaded or do not fit the settings.
    """
    dataset = load_checked(settings)
    train, test = (feed.to_device(split, mesh) for split in (dataset.train, dataset.test))
    return InMemory(settings, dataset, mesh, train, test)
