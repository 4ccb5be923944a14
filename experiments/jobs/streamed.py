"""Images too many for memory, as the feed of an evaluation: read, decoded and augmented while the device computes.

The host crops at random, resizes, flips and jitters colours; the compiled step normalises and cuts out. A data position
is a step number, so a resumed run opens its stream at the step of its checkpoint. Each process reads its share of every
batch. While a chunk of steps runs, the next one is stacked and copied to the devices: up to two chunks lie there and
two in host memory, each of ``chunk_steps x batch_size`` images (193 MB for 10 x 128 images of 224 x 224 pixels).
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Generator, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import AugmentPolicy, Source, augment, eval_stream, steps_per_epoch, train_stream
from dartsx.data.known import KNOWN
from dartsx.data.prepared import base_name
from dartsx.runtime import batch_sharding, jit, put_batch
from dartsx.search import Batch
from experiments.jobs.feed import Predict, batch_sums
from experiments.jobs.prefetch import ChunkReader, ahead
from experiments.jobs.setup import open_checked
from experiments.settings import EvaluateSettings, blame


@dataclasses.dataclass(frozen=True, eq=False)
class Streamed:
    """A `Feed` of a data set that is read anew in every epoch; make it by `open_streamed`."""

    settings: EvaluateSettings
    source: Source
    mesh: jax.sharding.Mesh
    reader: ChunkReader

    @property
    def label(self) -> str:
        """What reports call the data set."""
        return self.source.label

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.source.train.classes)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return (self.settings.dataset.image_size, self.settings.dataset.image_size, 3)

    @property
    def steps(self) -> int:
        """Full batches in one pass over the training images."""
        return steps_per_epoch(len(self.source.train), self.settings.evaluate.batch_size)

    @property
    def arrays(self) -> dict[str, jax.Array]:
        """None: everything comes by rows."""
        return {}

    def rows(self, epoch: int, first: int, count: int) -> dict[str, jax.Array]:
        """``images`` uint8 [count, batch, H, W, 3] and ``labels`` int32 [count, batch]."""
        return self.reader.take(epoch * self.steps + first, count)

    def batch(self, arrays: Any, row: dict[str, jax.Array], key: jax.Array) -> Batch:
        """Augments what the host has not, inside jit."""
        given, dtype = self.settings.evaluate.augment, jnp.dtype(self.settings.dtype)
        policy = AugmentPolicy(given.crop_padding, flip=False, cutout=given.cutout)
        images = jax.lax.with_sharding_constraint(row["images"], batch_sharding(self.mesh))
        return Batch(augment(key, images, policy, *statistics(self.source.name), dtype), row["labels"])

    def evaluator(self, predict: Predict) -> Callable[[Any], dict[str, float]]:
        """Loss and accuracy of a state on the test images, a compiled call per batch."""
        sums = jit(batch_sums(predict, *statistics(self.source.name), self.settings.dtype))

        def evaluate(state) -> dict[str, float]:
            totals = np.zeros(2)
            with contextlib.closing(ahead(self._test_batches())) as batches:
                for batch in batches:
                    results = sums(state, batch["images"], batch["labels"], batch["mask"])
                    totals += [float(value) for value in results]
            loss, correct = totals / len(self.source.test)
            return {"loss": float(loss), "accuracy": float(correct)}

        return evaluate

    def close(self) -> None:
        """Stops the threads and processes that read."""
        self.reader.close()

    def _test_batches(self) -> Generator[dict[str, jax.Array]]:
        size = self.settings.dataset.image_size
        options = {"num_workers": self.settings.evaluate.host_workers, "shard": _shard()}
        # 256 for 224 pixels, and in this proportion for others.
        stream = eval_stream(self.source.test, self._batch_size, size, resize=round(size * 8 / 7), **options)
        for batch in _naming_the_data_set(stream, self.source.name):
            yield put_batch(batch, self.mesh, local=True)

    @property
    def _batch_size(self) -> int:
        return self.settings.evaluate.batch_size


def open_streamed(settings: EvaluateSettings, mesh: jax.sharding.Mesh) -> Streamed:
    """Opens the data set without reading an image.

    Raises:
      SettingsError: the data are not there or do not fit the settings.
    """
    source, group = open_checked(settings), settings.evaluate

    def open_at(step: int) -> Iterator[dict[str, np.ndarray]]:
        batches = train_stream(
            source.train,
            group.batch_size,
            settings.dataset.image_size,
            settings.seed,
            step,
            flip=group.augment.flip,
            jitter=group.augment.jitter,
            num_workers=group.host_workers,
            shard=_shard(),
        )
        return _naming_the_data_set(batches, source.name)

    return Streamed(settings, source, mesh, ChunkReader(open_at, lambda chunk: put_batch(chunk, mesh, 1, local=True)))


def statistics(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Published mean and standard deviation of the data set's three channels, or those of ImageNet where it has none.

    Exact ones would need a pass over all images.
    """
    known = KNOWN.get(base_name(name))
    known = known if known is not None and known.mean is not None else KNOWN["imagenet2012"]
    return known.mean, known.std


def _shard() -> tuple[int, int]:
    return jax.process_index(), jax.process_count()


def _naming_the_data_set(batches: Iterator[Any], name: str) -> Generator[Any]:
    """The same batches, closed at the end; an image that cannot be decoded is the setting's fault, not a defect."""
    with contextlib.closing(batches), blame("dataset.name", name, ValueError):
        yield from batches
