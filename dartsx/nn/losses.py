"""Loss and accuracy of class scores."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax


def cross_entropy(logits: jax.Array, labels: jax.Array, smoothing: float = 0.0) -> jax.Array:
    """Mean softmax cross-entropy.

    Args:
      logits: [N, classes].
      labels: [N] integers.
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
