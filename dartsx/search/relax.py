"""Relaxations: how a mixture (weights of the candidates) is made from alphas (logits)."""

from __future__ import annotations

from collections.abc import Mapping

import jax


def softmax(alpha: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """Softmax over the candidates of every edge (DARTS, arXiv:1806.09055, equation 2).

    Args:
      alpha: per cell type [edges, primitives].

    Returns:
      Mixtures of the same shapes; rows sum to 1.
    """
    return {cell_type: jax.nn.softmax(logits, -1) for cell_type, logits in alpha.items()}


def entropy(mixture: Mapping[str, jax.Array]) -> jax.Array:
    """Mean entropy in nats of the rows of all mixtures: log(primitives) when undecided, 0 when one-hot."""
    rows = [jax.scipy.special.entr(rows).sum(-1) for rows in mixture.values()]
    return sum(row.sum() for row in rows) / sum(row.size for row in rows)
