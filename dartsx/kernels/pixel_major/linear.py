"""Linear layers of pixel-major vectors."""

from __future__ import annotations

import jax

from dartsx.kernels.moments import widen


def linear(x: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """Vectors [N, C] times a kernel [C, D] plus a bias [D] -> [N, D] in float32 or wider."""
    return widen(x) @ kernel + bias
