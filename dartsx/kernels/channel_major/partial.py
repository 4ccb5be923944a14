"""Partial channels (PC-DARTS, arXiv:1907.05737): primitives see one in K channels, the others pass by.

On the edge from i to j, with x = (seen, passing) of C / K and C - C / K channels,

    f_ij(x) = shuffle(mixture(seen), e_ij pool(passing))

pool is the identity, or at stride 2 a 2x2 max pool; shuffle deals the channels out over K groups, so that other
channels are seen on the next edge; e_ij is the edge's weight (1 without edge normalisation; the rows of the mixture
carry it already). Memory and time of the primitives fall by about K. Since shuffling is linear, edges are summed
before it.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def split(x: jax.Array, partial: int) -> tuple[jax.Array, jax.Array]:
    """Sources [G, C, N, H, W] -> what the primitives see [G, C / K, N, H, W], and the rest."""
    seen = x.shape[1] // partial
    return x[:, :seen], x[:, seen:]


def rejoin(mixed: jax.Array, passing: jax.Array, edges: jax.Array, stride: int) -> jax.Array:
    """Sums what passes by into the targets.

    Args:
      mixed: [T, C / K, N, H, W], mixtures summed over the sources.
      passing: [G, C - C / K, N, H', W'], H' = stride H even where the stride is 2.
      edges: [G, T], weights of the edges.
      stride: 1 or 2.

    Returns:
      [T, C, N, H, W] in the dtype of `mixed`.
    """
    if stride == 2:
        *leading, height, width = passing.shape
        passing = passing.reshape(*leading, height // 2, 2, width // 2, 2).max((-3, -1))
    passing = jnp.einsum("gt,gcnhw->tcnhw", edges.astype(passing.dtype), passing)
    joined = jnp.concatenate([mixed, passing.astype(mixed.dtype)], 1)
    targets, channels, *image = joined.shape
    groups = joined.reshape(targets, channels // mixed.shape[1], mixed.shape[1], *image)
    return groups.swapaxes(1, 2).reshape(joined.shape)
