"""Examples that lie on the device whole: the host sends indices, the compiled step gathers and augments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import AugmentPolicy, Dataset, Split, augment, epoch_indices, normalize
from dartsx.data.augment import random_crop, random_flip
from dartsx.data.pairs import PairDataset, shrink
from dartsx.data.text import windows
from dartsx.runtime import at_step, batch_sharding, put_batch, put_replicated, stream


class Batch(NamedTuple):
    """Images [N, H, W, channels], normalised and augmented, and labels [N] int32."""

    images: jax.Array
    labels: jax.Array


class Sequences(NamedTuple):
    """Words [N, context + steps] and the words that follow the last `steps` of them, targets [N, steps]; int32."""

    words: jax.Array
    targets: jax.Array


class Pairs(NamedTuple):
    """Images of low resolution [N, h, w, channels], normalised, and of high resolution, ``targets``, in 0..1."""

    images: jax.Array
    targets: jax.Array


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Any pytree of arrays as examples, and how they become batches.

    Attributes:
      arrays: leaves [n, ...], on the device.
      augmented: (rows of the arrays, leaves [N, ...]; PRNG key) -> batch to train on; for use inside jit.
      plain: rows of the arrays -> batch to evaluate on; for use inside jit.
    """

    arrays: Any
    augmented: Callable[[Any, jax.Array], Any] = lambda rows, key: rows
    plain: Callable[[Any], Any] = lambda rows: rows

    @property
    def size(self) -> int:
        """How many there are."""
        return jax.tree.leaves(self.arrays)[0].shape[0]


def image_examples(
    split: Split, dataset: Dataset, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh
) -> Examples:
    """Images with labels, copied to every device; their batches are `Batch`.

    Args:
      split: split of the data set.
      dataset: data set by whose mean and standard deviation images are normalised.
      policy: what is done to training images.
      dtype: dtype of the images of a batch.
      mesh: the devices.
    """
    given = dataset.mean, dataset.std, jnp.dtype(dtype)
    return Examples(
        put_replicated({"images": split.images, "labels": split.labels}, mesh),
        lambda rows, key: Batch(augment(key, rows["images"], policy, *given), rows["labels"]),
        lambda rows: Batch(normalize(rows["images"], *given), rows["labels"]),
    )


def sequence_examples(text: np.ndarray, steps: int, context: int, mesh: jax.sharding.Mesh) -> Examples:
    """Examples of a text, copied to every device; their batches are `Sequences`. See `dartsx.data.text.windows`."""
    return Examples(put_replicated(Sequences(*windows(text, steps, context)), mesh))


def pair_examples(
    split: Split, dataset: PairDataset, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh
) -> Examples:
    """Images with their smaller copies; only the images are copied to every device. Their batches are `Pairs`.

    Args:
      split: split of the data set's images.
      dataset: says the scale, and by which mean and standard deviation images are normalised.
      policy: crop and flip of the training images, before they are made smaller; nothing is cut out.
      dtype: dtype of the low resolution; the targets are float32.
      mesh: the devices.
    """
    given = dataset.images.mean, dataset.images.std, jnp.dtype(dtype)

    def paired(images: jax.Array) -> Pairs:
        return Pairs(normalize(shrink(images, dataset.scale), *given), images.astype(jnp.float32) / 255)

    def augmented(images: jax.Array, key: jax.Array) -> Pairs:
        crop_key, flip_key = jax.random.split(key)
        if policy.crop_padding:
            images = random_crop(crop_key, images, policy.crop_padding)
        return paired(random_flip(flip_key, images) if policy.flip else images)

    return Examples(put_replicated(split.images, mesh), augmented, paired)


def take(arrays: Any, indices: jax.Array, mesh: jax.sharding.Mesh | None = None) -> Any:
    """Rows of arrays, leaves [N, ...], split over the mesh; None where one device has them to itself."""
    rows = jax.tree.map(lambda leaf: leaf[indices], arrays)
    return rows if mesh is None else jax.lax.with_sharding_constraint(rows, batch_sharding(mesh))


def epoch_order(key: jax.Array, name: str, examples: np.ndarray, batch_size: int, epoch: int, steps: int) -> np.ndarray:
    """Batches of one epoch [steps, batch_size], from the stream ``<name>/order``.

    Where the examples make fewer than `steps` batches they are gone through again in a new random order.
    """
    per_pass = len(examples) // batch_size
    passes = -(-steps // per_pass)
    stream_key = stream(key, f"{name}/order")
    orders = [epoch_indices(at_step(stream_key, epoch * passes + i), len(examples), batch_size) for i in range(passes)]
    return examples[np.concatenate([np.asarray(o) for o in orders])[:steps]]


def sharded_rows(rows: Any, mesh: jax.sharding.Mesh) -> Any:
    """Arrays [steps, batch, ...] with the batch split over the devices."""
    return put_batch(rows, mesh, axis=1)


def trial_length(epochs: int, steps_per_epoch: int, max_steps: int | None) -> tuple[int, int]:
    """Epochs and steps per epoch to run: all, or about `max_steps` steps (one shorter epoch, or fewer whole ones)."""
    if not max_steps:
        return epochs, steps_per_epoch
    if max_steps < steps_per_epoch:
        return 1, max_steps
    return min(epochs, max_steps // steps_per_epoch), steps_per_epoch
