"""From a data set to the batches of a compiled step: what a feed does, and its parts where images lie on the device.

There the host sends indices only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import AugmentPolicy, Dataset, Split, augment, epoch_indices, normalize, padded_batches
from dartsx.nn.losses import cross_entropy
from dartsx.runtime import at_step, batch_sharding, jit, put_batch, put_replicated, stream
from dartsx.search import Batch

Predict = Callable[[Any, jax.Array], jax.Array]  # (state, normalised images [N, H, W, C]) -> logits [N, classes]


class Feed(Protocol):
    """Where the batches of an evaluation come from: `InMemory` or `Streamed`.

    Attributes:
      label: what reports call the data set.
      classes: how many there are.
      image_shape: (height, width, channels).
      steps: full batches in one pass over the training images.
      arrays: what every step may read, on the device.
    """

    label: str
    classes: int
    image_shape: tuple[int, int, int]
    steps: int
    arrays: Any

    def rows(self, epoch: int, first: int, count: int) -> Any:
        """What these steps of an epoch read: leaves [count, ...], on the device, split over it by batches."""
        ...

    def batch(self, arrays: Any, row: Any, key: jax.Array) -> Batch:
        """An augmented training batch from one of the `rows`; for use inside jit."""
        ...

    def evaluator(self, predict: Predict) -> Callable[[Any], dict[str, float]]:
        """A function of a state: loss and accuracy on the test images, every one exactly once."""
        ...

    def close(self) -> None:
        """Stops what reads in the background."""
        ...


def to_device(split: Split, mesh: jax.sharding.Mesh) -> dict[str, jax.Array]:
    """Images uint8 [n, H, W, channels] and labels int32 [n], on every device."""
    return put_replicated({"images": split.images, "labels": split.labels}, mesh)


def augmented_batch(
    dataset: Dataset, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh | None
) -> Callable[[dict[str, jax.Array], jax.Array, jax.Array], Batch]:
    """A function of (arrays of `to_device`, indices [N], key) that gathers and augments, for use inside jit.

    Batches are split over the mesh; None for those that one device has to itself.
    """

    def batch(arrays, indices, key) -> Batch:
        images, labels = arrays["images"][indices], arrays["labels"][indices]
        if mesh is not None:
            images = jax.lax.with_sharding_constraint(images, batch_sharding(mesh))
        return Batch(augment(key, images, policy, dataset.mean, dataset.std, jnp.dtype(dtype)), labels)

    return batch


def order(key: jax.Array, name: str, examples: np.ndarray, batch_size: int, epoch: int, steps: int) -> np.ndarray:
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


def batch_sums(predict: Predict, mean: tuple[float, ...], std: tuple[float, ...], dtype: str) -> Callable[..., Any]:
    """A function of (state, raw images, labels, mask) -> summed loss and number of correct ones under the mask."""

    def sums(state, images, labels, real):
        logits = predict(state, normalize(images, mean, std, jnp.dtype(dtype)))
        losses = jax.vmap(lambda z, y: cross_entropy(z[None], y[None]))(logits, labels)
        correct = jnp.argmax(logits, -1) == labels
        return jnp.where(real, losses, 0).sum(), (correct & real).sum()

    return sums


def example_sums(predict: Predict, dataset: Dataset, dtype: str) -> Callable[..., Any]:
    """A function of (state, arrays, indices and mask [steps, batch]) -> summed loss and number of correct ones."""
    of_batch = batch_sums(predict, dataset.mean, dataset.std, dtype)

    def sums(state, arrays, indices, mask):
        def one(_, row):
            chosen, real = row
            return None, of_batch(state, arrays["images"][chosen], arrays["labels"][chosen], real)

        return jax.tree.map(jnp.sum, jax.lax.scan(one, None, (indices, mask))[1])

    return sums


def evaluator(
    predict: Predict, dataset: Dataset, dtype: str, mesh: jax.sharding.Mesh
) -> Callable[[Any, dict[str, jax.Array], np.ndarray, int], dict[str, float]]:
    """A function of (state, arrays, examples, batch size) -> loss and accuracy, every example exactly once."""
    sums = jit(example_sums(predict, dataset, dtype))

    def evaluate(state, arrays, examples, batch_size) -> dict[str, float]:
        positions, mask = padded_batches(len(examples), batch_size)
        rows = sharded_rows((examples[positions], mask), mesh)
        loss, correct = sums(state, arrays, *rows)
        return {"loss": float(loss) / len(examples), "accuracy": int(correct) / len(examples)}

    return evaluate


def trial_length(epochs: int, steps_per_epoch: int, max_steps: int | None) -> tuple[int, int]:
    """Epochs and steps per epoch to run: all, or about `max_steps` steps (one shorter epoch, or fewer whole ones)."""
    if not max_steps:
        return epochs, steps_per_epoch
    if max_steps < steps_per_epoch:
        return 1, max_steps
    return min(epochs, max_steps // steps_per_epoch), steps_per_epoch
