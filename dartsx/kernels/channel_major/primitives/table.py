"""The one table from a primitive's name to how it is computed; what it is says `dartsx.networks.blocks.candidates`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dartsx.kernels.channel_major.primitives.base import Primitive
from dartsx.kernels.channel_major.primitives.described import Described
from dartsx.kernels.channel_major.primitives.factorized import Factorized
from dartsx.kernels.channel_major.primitives.noise import Noise
from dartsx.kernels.channel_major.primitives.nor_conv import NorConv
from dartsx.kernels.channel_major.primitives.pool import Pool
from dartsx.kernels.channel_major.primitives.separable import Separable
from dartsx.kernels.channel_major.primitives.skip import Skip, Zero
from dartsx.networks.blocks.candidate_blocks import CANDIDATE_BLOCKS
from dartsx.networks.blocks.candidates import Make

PRIMITIVES: dict[str, Primitive] = {
    "none": Zero(),
    "max_pool_3x3": Pool("max"),
    "avg_pool_3x3": Pool("avg"),
    "skip_connect": Skip(),
    "sep_conv_3x3": Separable(3, repeats=2),
    "sep_conv_5x5": Separable(5, repeats=2),
    "sep_conv_7x7": Separable(7, repeats=2),
    "dil_conv_3x3": Separable(3, dilation=2),
    "dil_conv_5x5": Separable(5, dilation=2),
    "conv_7x1_1x7": Factorized(7),
    "conv_3x1_1x3": Factorized(3),
    **{name: Described(make) for name, make in CANDIDATE_BLOCKS.items()},
    "nor_conv_1x1": NorConv(1),
    "nor_conv_3x3": NorConv(3),
    "noise": Noise(),
}
# In NAS-Bench-201 pools are not normalised, neither in a supernet nor in a network.
TOPOLOGY_PRIMITIVES: dict[str, Primitive] = {
    **PRIMITIVES,
    "max_pool_3x3": Pool("max", normalised=False),
    "avg_pool_3x3": Pool("avg", normalised=False),
}


def families(primitives: Mapping[str, Primitive]) -> dict[type, dict[str, Primitive]]:
    """Groups primitives by family, in order of first appearance."""
    groups: dict[type, dict[str, Primitive]] = {}
    for name, primitive in primitives.items():
        groups.setdefault(type(primitive), {})[name] = primitive
    return groups


def with_blocks(table: Mapping[str, Primitive], blocks: Mapping[str, Make]) -> dict[str, Primitive]:
    """The table with primitives of a user's own, whose blocks are given by name."""
    return {**table, **{name: Described(make) for name, make in blocks.items()}}


def lookup(names: Iterable[str], table: Mapping[str, Primitive] = PRIMITIVES) -> dict[str, Primitive]:
    """The primitives of these names, in their order.

    Raises:
      ValueError: a name is not in the table.
    """
    names = tuple(names)
    for name in names:
        if name not in table:
            raise ValueError(f"unknown primitive {name!r}; allowed: {', '.join(table)}")
    return {name: table[name] for name in names}
