"""Primitives: the candidate operations of a search space and the building blocks of its networks."""

from dartsx.kernels.channel_major.primitives.base import Block, Branches, Primitive, norm_widths
from dartsx.kernels.channel_major.primitives.skip import factorized_reduction
from dartsx.kernels.channel_major.primitives.table import PRIMITIVES, TOPOLOGY_PRIMITIVES, families, lookup, with_blocks

__all__ = [
    "PRIMITIVES",
    "TOPOLOGY_PRIMITIVES",
    "Block",
    "Branches",
    "Primitive",
    "factorized_reduction",
    "families",
    "lookup",
    "norm_widths",
    "with_blocks",
]
