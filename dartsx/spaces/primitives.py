"""Primitives by name: what an edge may compute."""

from collections.abc import Collection
from typing import Any

from dartsx.networks.blocks.candidates import CANDIDATES

NONE = "none"
"""The candidate that stands for "no edge": it competes in a mixture and is never kept."""

SKIP = "skip_connect"
"""The candidate that passes its source on as it is."""

DARTS = (
    NONE,
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""The eight candidates of DARTS (arXiv:1806.09055) in the column order of its alphas."""

PRIMITIVES = (NONE, *CANDIDATES)
"""All primitives that the project computes; `dartsx.networks.blocks.candidates` says what they are."""


def own_primitives(architecture: Any, known: Collection[str] = PRIMITIVES) -> tuple[str, ...]:
    """Primitives of an architecture's cells that are none of the project's (`known`), but a user's own."""
    edges = (edge for cell in architecture.cells.values() for edge in cell.edges)
    return tuple(dict.fromkeys(edge.primitive for edge in edges if edge.primitive not in known))
