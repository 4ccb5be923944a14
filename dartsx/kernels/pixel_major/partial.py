"""Partial channels on arrays [N, H, W, G, C]; what they are is said in `channel_major.partial`."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def split(x: jax.Array, partial: int) -> tuple[jax.Array, jax.Array]:
    """Sources [N, H, W, G, C] -> what the primitives see [..., C / K], and the rest."""
    seen = x.shape[-1] // partial
    return x[..., :seen], x[..., seen:]


def rejoin(mixed: Sequence[jax.Array], passing: jax.Array, edges: jax.Array, stride: int) -> tuple[jax.Array, ...]:
    """Sums what passes by into the targets.

    Args:
      mixed: mixtures of each target, summed over the sources: [N, H', W', C / K].
      passing: [N, H, W, G, C - C / K], H = stride H'.
      edges: [G, T], weights of the edges.
      stride: 1 or 2.

    Returns:
      For each target [N, H', W', C] in the dtype of `mixed`.
    """
    if stride == 2:
        # Pairwise: the derivative of `jnp.max` looks for values equal to the maximum, which XLA may compute once more
        # with other roundings, so that none is equal and the gradient is lost.
        passing = jnp.maximum(passing[:, ::2], passing[:, 1::2])
        passing = jnp.maximum(passing[:, :, ::2], passing[:, :, 1::2])
    edges = edges.astype(passing.dtype)
    return tuple(_shuffled(seen, jnp.einsum("nhwgc,g->nhwc", passing, edges[:, t])) for t, seen in enumerate(mixed))


def _shuffled(seen: jax.Array, passing: jax.Array) -> jax.Array:
    joined = jnp.concatenate([seen, passing.astype(seen.dtype)], -1)
    groups = joined.reshape(*joined.shape[:-1], -1, seen.shape[-1])
    return groups.swapaxes(-1, -2).reshape(joined.shape)
