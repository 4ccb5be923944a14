"""Images too many for memory, as a feed: read, decoded and augmented while the device computes.

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

from dartsx.data import AugmentPolicy, Source, augment, eval_stream, normalize, steps_per_epoch, train_stream
from dartsx.data.known import KNOWN
from dartsx.feeds.evaluation import Outputs, batch_sums, means
from dartsx.feeds.examples import Batch
from dartsx.feeds.prefetch import ChunkReader, ahead
from dartsx.losses import Loss
from dartsx.runtime import batch_sharding, jit, put_batch

Watched = Callable[[], contextlib.AbstractContextManager]


@dataclasses.dataclass(frozen=True, eq=False)
class Streamed:
    """A `Feed` of a data set that is read anew in every epoch; make it by `open_streamed`."""

    source: Source
    batch_size: int
    image_size: int
    policy: AugmentPolicy
    dtype: str
    host_workers: int
    mesh: jax.sharding.Mesh
    reader: ChunkReader
    watched: Watched

    @property
    def steps(self) -> int:
        """Full batches in one pass over the training images."""
        return steps_per_epoch(len(self.source.train), self.batch_size)

    @property
    def arrays(self) -> dict[str, jax.Array]:
        """None: everything comes by rows."""
        return {}

    def rows(self, epoch: int, first: int, count: int) -> dict[str, jax.Array]:
        """``images`` uint8 [count, batch, H, W, 3] and ``labels`` int32 [count, batch]."""
        return self.reader.take(epoch * self.steps + first, count)

    def batch(self, arrays: Any, row: dict[str, jax.Array], key: jax.Array) -> Batch:
        """Augments what the host has not, inside jit."""
        images = jax.lax.with_sharding_constraint(row["images"], batch_sharding(self.mesh))
        given = (*statistics(self.source), jnp.dtype(self.dtype))
        return Batch(augment(key, images, self.policy, *given), row["labels"])

    def evaluator(self, outputs: Outputs, loss: Loss) -> Callable[[Any], dict[str, float]]:
        """Loss and metrics of a state on the test images, a compiled call per batch."""
        of_batch, given = batch_sums(outputs, loss), (*statistics(self.source), jnp.dtype(self.dtype))

        @jit
        def sums(state, batch):
            return of_batch(state, Batch(normalize(batch["images"], *given), batch["labels"]), batch["mask"])

        def evaluate(state) -> dict[str, float]:
            totals: dict[str, np.ndarray] = {}
            with contextlib.closing(ahead(self._test_batches())) as batches:
                for batch in batches:
                    found = sums(state, batch)
                    for name, value in found.items():
                        totals[name] = totals.get(name, 0.0) + np.asarray(value, np.float64)
            return means(totals, len(self.source.test))

        return evaluate

    def close(self) -> None:
        """Stops the threads and processes that read."""
        self.reader.close()

    def _test_batches(self) -> Generator[dict[str, jax.Array]]:
        size, options = self.image_size, {"num_workers": self.host_workers, "shard": _shard()}
        stream = eval_stream(self.source.test, self.batch_size, size, resize=test_side(size), **options)
        for batch in _watched(stream, self.watched):
            yield put_batch(batch, self.mesh, local=True)


def open_streamed(
    source: Source,
    mesh: jax.sharding.Mesh,
    batch_size: int,
    image_size: int,
    seed: int,
    policy: AugmentPolicy,
    *,
    jitter: bool = False,
    dtype: str = "float32",
    host_workers: int = 0,
    watched: Watched = contextlib.nullcontext,
) -> Streamed:
    """Opens a data set without reading an image.

    Args:
      source: result of `dartsx.data.open_source`.
      mesh: the devices.
      batch_size: over all processes.
      image_size: height and width of the images that the network sees.
      seed: seed of order, crops, flips and colours.
      policy: flips are drawn by the host, the rest on the device.
      jitter: whether colours are changed.
      dtype: dtype of the images of a batch.
      host_workers: processes that decode; 0 decodes in threads of this one.
      watched: makes the context in which images are read, for errors of the data.
    """

    def open_at(step: int) -> Iterator[dict[str, np.ndarray]]:
        options = {"flip": policy.flip, "jitter": jitter, "num_workers": host_workers, "shard": _shard()}
        return _watched(train_stream(source.train, batch_size, image_size, seed, step, **options), watched)

    reader = ChunkReader(open_at, lambda chunk: put_batch(chunk, mesh, 1, local=True))
    on_device = dataclasses.replace(policy, flip=False)
    return Streamed(source, batch_size, image_size, on_device, dtype, host_workers, mesh, reader, watched)


def test_side(size: int) -> int:
    """Pixels of a test image's shorter side before its middle is cut out: 256 for 224, others in proportion."""
    return round(size * 8 / 7)


def statistics(source: Source) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Published mean and standard deviation of the data set's three channels, or those of ImageNet where it has none.

    Exact ones would need a pass over all images.
    """
    published = source.known is not None and source.known.mean is not None
    known = source.known if published else KNOWN["imagenet2012"]
    return known.mean, known.std


def _shard() -> tuple[int, int]:
    return jax.process_index(), jax.process_count()


def _watched(batches: Iterator[Any], watched: Watched) -> Generator[Any]:
    """The same batches, closed at the end."""
    with contextlib.closing(batches), watched():
        yield from batches
