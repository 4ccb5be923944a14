"""Relaxations whose weights can be exactly 0: sparsemax and SparsestMax."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.search.relax import Logits


def sparsemax(alpha: Logits) -> dict[str, jax.Array]:
    """The point of the simplex nearest to the logits of every row (arXiv:1602.02068, equation 1)."""
    return {name: _nearest(_finite(logits)) for name, logits in alpha.items()}


def sparsestmax(alpha: Logits, radius: jax.Array | float) -> dict[str, jax.Array]:
    """`sparsemax`, pushed outside a sphere around the simplex's centre (SparsestMax, arXiv:1903.03793, section 3.3).

    A point p inside the sphere goes away from the centre u of its face to u + r (p - u) / |p - u|. If it leaves the
    simplex there, the same is done on the face on which `sparsemax` of it lies, where the sphere has the radius
    sqrt(r^2 - |u - u'|^2). At radius 0 it is `sparsemax`; from sqrt(1 - 1 / n) on rows of n options are one-hot.

    Args:
      alpha: per cell type [edges, primitives].
      radius: radius of the sphere, 0 or more; a row whose logits are all equal stays where it is.
    """
    return {name: _outside(_finite(logits), jnp.isfinite(logits), radius) for name, logits in alpha.items()}


def host_sparsemax(alpha: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`sparsemax` in float64 on the host."""
    found = {}
    for name, logits in alpha.items():
        z = np.asarray(logits, np.float64)
        z = z - z.max(-1, keepdims=True)
        z = np.where(np.isfinite(z), z, -2)
        ordered = -np.sort(-z, -1)
        sums, count = np.cumsum(ordered, -1), np.arange(1, z.shape[-1] + 1)
        kept = (1 + count * ordered > sums).sum(-1, keepdims=True)
        found[name] = np.maximum(z - (np.take_along_axis(sums, kept - 1, -1) - 1) / kept, 0)
    return found


def _finite(logits: jax.Array) -> jax.Array:
    """Logits less their largest, those that are 2 or more below it, and dropped ones, at -2: their weight is 0."""
    return jnp.maximum(logits - jax.lax.stop_gradient(logits.max(-1, keepdims=True)), -2)


def _nearest(z: jax.Array) -> jax.Array:
    ordered = -jnp.sort(-z, -1)
    sums, count = jnp.cumsum(ordered, -1), jnp.arange(1, z.shape[-1] + 1)
    kept = (1 + count * ordered > sums).sum(-1, keepdims=True)
    threshold = (jnp.take_along_axis(sums, kept - 1, -1) - 1) / kept
    return jnp.maximum(z - threshold, 0)


def _outside(z: jax.Array, allowed: jax.Array, radius: jax.Array | float) -> jax.Array:
    """Every turn but the last of a row leaves its point on a smaller face, so there are at most as many as options."""

    def turn(carry, _):
        z, centre, square, found, done = carry
        p = _nearest(z)
        face = _uniform(p > 0, p.dtype)
        square = square - jnp.sum((face - centre) ** 2, -1, keepdims=True)
        offset = p - face
        length2 = jnp.sum(offset**2, -1, keepdims=True)
        stays = (length2 >= square) | (length2 == 0)
        factor = jnp.sqrt(jnp.where(stays, 1, square) / jnp.where(stays, 1, length2))
        moved = face + factor * offset
        here = jnp.where(stays, p, moved)
        ends = stays | (moved.min(-1, keepdims=True) >= 0)
        found = jnp.where(done, found, here)
        return (jnp.where(done, z, moved), face, square, found, done | ends), None

    square = jnp.full((*z.shape[:-1], 1), radius, z.dtype) ** 2
    start = z, _uniform(allowed, z.dtype), square, z, jnp.zeros((*z.shape[:-1], 1), bool)
    return jax.lax.scan(turn, start, length=z.shape[-1])[0][3]


def _uniform(among: jax.Array, dtype: jnp.dtype) -> jax.Array:
    return among.astype(dtype) / among.sum(-1, keepdims=True).astype(dtype)
