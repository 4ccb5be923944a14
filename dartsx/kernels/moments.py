"""The algebra of batch normalisation (arXiv:1502.03167), the same in every layout.

Epsilon 1e-5 and the running average's rate 0.1 (with the unbiased variance) are those of the original DARTS.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

EPSILON = 1e-5
RATE = 0.1
FEW = 64  # samples


def widen(x: jax.Array) -> jax.Array:
    """x in float32 or wider, in which statistics are computed."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def sample_count(x: jax.Array, axes: Sequence[int]) -> int:
    """Number of values behind one channel's statistics."""
    return math.prod(x.shape[axis] for axis in axes)


def moments(x: jax.Array, axes: Sequence[int]) -> tuple[jax.Array, jax.Array]:
    """Mean and biased variance of x over the axes, in float32 or wider.

    One pass over x where there are many samples. Few samples can lie close together by chance, and
    the difference of squares would then cancel: there the second pass costs little.
    """
    mean = jnp.mean(widen(x), axes)
    if sample_count(x, axes) <= FEW:
        return mean, jnp.mean(jnp.square(widen(x) - jnp.expand_dims(mean, axes)), axes)
    return mean, jnp.maximum(jnp.mean(jnp.square(widen(x)), axes) - jnp.square(mean), 0)


def inverse_deviation(variance: jax.Array, epsilon: float = EPSILON) -> jax.Array:
    """1 / sqrt(variance + epsilon)."""
    return lax.rsqrt(variance + epsilon)


def unbiased(variance: jax.Array, count: int) -> jax.Array:
    """Variance with divisor count - 1 from the one with divisor count."""
    return variance * (count / max(count - 1, 1))


def update_running(running: jax.Array, batch: jax.Array) -> jax.Array:
    """Exponential average: 0.9 running + 0.1 batch."""
    return (1 - RATE) * running + RATE * batch
