"""Linear layers of channel-major vectors."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import widen


def global_average(x: jax.Array) -> jax.Array:
    """[C, N, H, W] -> [C, N] in float32 or wider."""
    return jnp.mean(widen(x), (-1, -2))


def linear(x: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """Vectors [C, N] times a kernel [C, D] plus a bias [D] -> [N, D] in float32 or wider."""
    return jnp.einsum("cn,ck->nk", widen(x), kernel) + bias
