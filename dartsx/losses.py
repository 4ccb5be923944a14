"""Losses: what a network's outputs on a batch cost, and what else is told of them.

A loss is a function ``(outputs, batch) -> (scalar, metrics)``. The batch is any pytree of arrays with one leading axis
of examples; metrics are scalars under names that the loss chooses, and are logged under these names. Both are means
over the examples of the batch: where every example counts exactly once, as on test images, they are taken of batches
of one example and averaged. A metric ``confusion`` is no mean but a matrix of counts, whose `figures` are told.

Classification is the default. Regression with a target per pixel, on batches that are pairs::

    def dense_regression(outputs, batch):
        error = outputs - batch[1].mean((1, 2))
        return jnp.mean(error**2), {"mae": jnp.mean(jnp.abs(error))}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

Metrics = dict[str, jax.Array]
Loss = Callable[[Any, Any], tuple[jax.Array, Metrics]]
Inputs = Callable[[Any], jax.Array]  # batch -> what the network reads of it
Score = Callable[[Mapping[str, Any]], Any]  # a loss's value and metrics by name -> number, bigger is better


def classification(label_smoothing: float = 0.0) -> Loss:
    """Cross entropy of class scores [N, classes] and the ``labels`` [N] of a batch; metric: top-1 ``accuracy``.

    Args:
      label_smoothing: see `cross_entropy`.
    """

    def loss(logits: jax.Array, batch: Any) -> tuple[jax.Array, Metrics]:
        return cross_entropy(logits, batch.labels, label_smoothing), {"accuracy": accuracy(logits, batch.labels)}

    return loss


def next_word(label_smoothing: float = 0.0) -> Loss:
    """Cross entropy of the scores of all words [N, steps, words] and the words that follow, ``targets`` [N, steps].

    The exponential of its mean over a text is the perplexity.

    Args:
      label_smoothing: see `cross_entropy`.
    """

    def loss(logits: jax.Array, batch: Any) -> tuple[jax.Array, Metrics]:
        return cross_entropy(logits, batch.targets, label_smoothing), {}

    return loss


def perplexity(loss: float) -> float:
    """The exponential of a mean cross entropy of words; infinity where that exceeds the largest 64-bit number."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def pixel_classes(ignored: int, label_smoothing: float = 0.0, weights: Sequence[float] | None = None) -> Loss:
    """Cross entropy of class scores [N, H, W, classes] and the classes of all pixels, ``masks`` [N, H, W] of a batch.

    It is the weighted mean over the pixels of an image that are counted, and of these means over the images. Metric:
    ``confusion``, int32 [classes, classes], how many pixels of a class (row) were taken for which (column).

    Args:
      ignored: class of the pixels that are not counted.
      label_smoothing: see `cross_entropy`.
      weights: [classes], positive, of a pixel by its class; None: all pixels weigh the same.
    """

    def loss(logits: jax.Array, batch: Any) -> tuple[jax.Array, Metrics]:
        counted = batch.masks != ignored
        masks = jnp.where(counted, batch.masks, 0).astype(jnp.int32)
        weight = counted if weights is None else jnp.where(counted, jnp.asarray(weights, logits.dtype)[masks], 0)
        each = jnp.where(counted, weight * cross_entropies(logits, masks, label_smoothing), 0).sum((1, 2))
        total = weight.sum((1, 2))
        value = jnp.mean(each / jnp.where(total > 0, total, 1))
        return value, {"confusion": confusion(logits, masks, counted)}

    return loss


def confusion(logits: jax.Array, masks: jax.Array, counted: jax.Array) -> jax.Array:
    """How often a class (row) was taken for which (column) among the counted pixels, int32 [classes, classes].

    Args:
      logits: [N, H, W, classes].
      masks: classes, int [N, H, W].
      counted: bool [N, H, W].
    """
    classes = logits.shape[-1]
    right = jax.nn.one_hot(masks, classes) * counted[..., None]
    taken = jax.nn.one_hot(jnp.argmax(logits, -1), classes)
    # Of each image apart: float32 is exact up to 16.7 million pixels.
    return jnp.einsum("nhwi,nhwj->nij", right, taken).astype(jnp.int32).sum(0)


def figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """Loss and metrics as scalars: in place of ``confusion`` its ``miou`` and ``pixel_accuracy``, both 0 to 1.

    ``miou`` is the mean over all classes that pixels have or are taken for of intersection over union. Counts may be
    divided by any number before.
    """
    told = {name: value for name, value in values.items() if name != "confusion"}
    if "confusion" not in values:
        return told
    counts = values["confusion"]
    right = counts.diagonal()
    union = counts.sum(0) + counts.sum(1) - right
    unseen = union == 0
    shares = right / (union + unseen)  # as exact as what is given: also for float64 of NumPy
    return told | {"miou": shares.sum() / (~unseen).sum(), "pixel_accuracy": right.sum() / counts.sum()}


def first(batch: Any) -> jax.Array:
    """The first entry of a batch that is a tuple, such as the images of a `dartsx.feeds.Batch`."""
    return batch[0]


def accuracy_or_loss(values: Mapping[str, Any]) -> Any:
    """The accuracy of a loss that names one, minus the loss of another: by this architectures are compared."""
    return values["accuracy"] if "accuracy" in values else -values["loss"]


def cross_entropy(logits: jax.Array, labels: jax.Array, smoothing: float = 0.0) -> jax.Array:
    """Mean softmax cross-entropy.

    Args:
      logits: [..., classes].
      labels: [...] integers.
      smoothing: the target is (1 - smoothing) one-hot + smoothing / classes (arXiv:1512.00567, section 7).
    """
    return cross_entropies(logits, labels, smoothing).mean()


def cross_entropies(logits: jax.Array, labels: jax.Array, smoothing: float = 0.0) -> jax.Array:
    """The softmax cross-entropies [...] of which `cross_entropy` is the mean."""
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    if smoothing:
        uniform = -jnp.mean(jax.nn.log_softmax(logits), -1)
        loss = (1 - smoothing) * loss + smoothing * uniform
    return loss


def accuracy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Fraction of correct top-1 predictions."""
    return jnp.mean(jnp.argmax(logits, -1) == labels)
