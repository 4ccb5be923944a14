"""Losses: what a network's outputs on a batch cost, and what else is told of them.

A loss is a function ``(outputs, batch) -> (scalar, metrics)``. The batch is any pytree of arrays with one leading axis
of examples; metrics are scalars under names that the loss chooses, and are logged under these names. Both are means
over the examples of the batch: where every example counts exactly once, as on test images, they are taken of batches
of one example and averaged.

Classification is the default. Regression with a target per pixel, on batches that are pairs::

    def dense_regression(outputs, batch):
        error = outputs - batch[1].mean((1, 2))
        return jnp.mean(error**2), {"mae": jnp.mean(jnp.abs(error))}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    if smoothing:
        uniform = -jnp.mean(jax.nn.log_softmax(logits), -1)
        loss = (1 - smoothing) * loss + smoothing * uniform
    return loss.mean()


def accuracy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Fraction of correct top-1 predictions."""
    return jnp.mean(jnp.argmax(logits, -1) == labels)
