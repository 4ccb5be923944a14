"""Initial weights as in the original DARTS code: uniform in +- 1 / sqrt(fan-in), PyTorch's default."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp

from dartsx.nn.primitives.base import Weight


def uniform(key: jax.Array, shape: tuple[int, ...], fan_in: int, dtype=jnp.float32) -> jax.Array:
    """Uniform in [-1/sqrt(fan_in), 1/sqrt(fan_in)): variance 1 / (3 fan_in)."""
    bound = 1 / math.sqrt(fan_in)
    return jax.random.uniform(key, shape, dtype, -bound, bound)


def stacked(key: jax.Array, weights: Mapping[str, Weight], *lead: int) -> dict[str, jax.Array]:
    """Arrays [*lead, *shape] for every entry of `weights`."""
    keys = jax.random.split(key, max(len(weights), 1))
    return {
        name: uniform(k, (*lead, *weight.shape), weight.fan_in)
        for k, (name, weight) in zip(keys, weights.items(), strict=False)
    }
