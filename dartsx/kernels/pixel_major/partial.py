"""Partial channels on arrays [N, H, W, G, C]; what they are is said in `channel_major.partial`."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def split(x: jax.Array, partial: int) -> tuple[jax.Array, jax.Array]:
    """Sources [N, H, W, G, C] -> what the primitives see [..., C / K], and the rest."""
    seen = x.shape[-1] // partial
    return x[..., :seen], x[..., seen:]


def rejoin(mixed: jax.Array, passing: jax.Array, edges: jax.Array, stride: int) -> jax.Array:
    """Sums what passes by into the targets.

    Args:
      mixed: [N, H', W', T, C / K], mixtures summed over the sources.
      passing: [N, H, W, G, C - C / K], H = stride H'.
      edges: [G, T], weights of the edges.
      stride: 1 or 2.

    Returns:
      [N, H', W', T, C] in the dtype of `mixed`.
    """
    if stride == 2:
        images, height, width, *rest = passing.shape
        passing = passing.reshape(images, height // 2, 2, width // 2, 2, *rest).max((2, 4))
    edges = edges.astype(passing.dtype)[..., None]
    passing = sum(passing[:, :, :, g, None] * edges[g] for g in range(edges.shape[0]))
    joined = jnp.concatenate([mixed, passing.astype(mixed.dtype)], -1)
    groups = joined.reshape(*joined.shape[:-1], -1, mixed.shape[-1])
    return groups.swapaxes(-1, -2).reshape(joined.shape)
