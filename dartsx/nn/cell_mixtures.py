"""From the mixture of a supernet to that of each of its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp

EDGES = "/edges"


def cell_mixtures(mixture: Mapping[str, jax.Array], cell_types: Sequence[str], partial: int = 1) -> list[jax.Array]:
    """The mixture of every cell: the weights of its edges' candidates.

    Args:
      mixture: per cell type [edges, primitives], shared by its cells, or [cells, edges, primitives].
      cell_types: types of all cells, in order.
      partial: with partial channels (above 1) the rows get one more column: the weight of what passes by each edge,
        from ``<cell type>/edges`` [edges], or 1.
    """
    mixtures, seen = [], dict.fromkeys(cell_types, 0)
    for cell_type in cell_types:
        own = mixture[cell_type]
        own = own[seen[cell_type]] if own.ndim == 3 else own
        seen[cell_type] += 1
        if partial > 1:
            passing = mixture.get(f"{cell_type}{EDGES}", jnp.ones(own.shape[:1], own.dtype))
            own = jnp.concatenate([own, passing[:, None]], 1)
        mixtures.append(own)
    return mixtures


def count_cells(cell_types: Sequence[str]) -> dict[str, int]:
    """Number of cells of each type."""
    return {name: cell_types.count(name) for name in dict.fromkeys(cell_types)}
