"""Cells of blocks of two operations, each on any hidden state before (NASNet, AmoebaNet, ENAS).

Decisions of block i of a cell: ``normal/i/left_state``, ``normal/i/left``, ``normal/i/right_state``,
``normal/i/right``, and where there are several ``normal/i/combine``. States are numbered as in `blocks.cell`: 0 is the
last cell's result, 1 that of the one before it, 2, 3, ... are the blocks. The results of the blocks that none reads are
concatenated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dartsx.networks import Decision, Network
from dartsx.networks.blocks.cell import Design, Pair
from dartsx.networks.cells import Plan, stack
from dartsx.spaces.choices import Choices
from dartsx.spaces.scale import Scale
from dartsx.spaces.written_space import WrittenSpace

CELLS, INPUTS = ("normal", "reduce"), 2


def pair_space(
    name: str, operations: tuple[str, ...], combinations: tuple[str, ...], blocks: int, scale: Scale, source: str
) -> WrittenSpace:
    """Two cells of so many blocks."""

    def write(choices: Mapping[str, str], scale: Scale) -> Network:
        normal, reduce = (design(choices, cell, blocks) for cell in CELLS)
        return stack(name, plan(normal, reduce, scale), scale.classes, source, scale.pixels)

    decisions: dict[str, Decision] = {}
    for cell in CELLS:
        for i in range(blocks):
            states = tuple(map(str, range(INPUTS + i)))
            for side in ("left", "right"):
                decisions[f"{cell}/{i}/{side}_state"] = Decision(states)
                decisions[f"{cell}/{i}/{side}"] = Decision(operations)
            if len(combinations) > 1:
                decisions[f"{cell}/{i}/combine"] = Decision(combinations)
    return WrittenSpace(decisions, write, scale)


def design(choices: Mapping[str, str], cell: str, blocks: int) -> Design:
    """A cell of an architecture."""
    pairs = []
    for i in range(blocks):
        left, right = (
            (choices[f"{cell}/{i}/{side}"], int(choices[f"{cell}/{i}/{side}_state"])) for side in ("left", "right")
        )
        pairs.append(Pair(*left, *right, choices.get(f"{cell}/{i}/combine", "add")))
    read = {state for pair in pairs for state in (pair.left_state, pair.right_state)}
    return Design(tuple(pairs), tuple(i for i in range(INPUTS, INPUTS + blocks) if i not in read))


def read(normal: Design, reduce: Design, combined: bool) -> Choices:
    """The architecture of two cells, whatever they concatenate; `combined`: combinations are decided."""
    chosen = {}
    for cell, found in zip(CELLS, (normal, reduce), strict=True):
        for i, pair in enumerate(found.blocks):
            for side in ("left", "right"):
                chosen[f"{cell}/{i}/{side}_state"] = str(getattr(pair, f"{side}_state"))
                chosen[f"{cell}/{i}/{side}"] = getattr(pair, side)
            if combined:
                chosen[f"{cell}/{i}/combine"] = pair.combine
    return Choices(chosen)


def plan(normal: Design, reduce: Design, scale: Scale) -> Plan:
    """How the cells are stacked: scale.layers of them per stage, scale.channels filters in the first."""
    if scale.stem == "cifar":
        filters = scale.stem_multiplier * scale.channels
        return Plan(normal, reduce, scale.channels, scale.layers, filters, "cifar", epsilon=1e-5, dropout=0.0)
    return Plan(normal, reduce, scale.channels, scale.layers, 32)


def cells_count(operations: int, combinations: int, blocks: int) -> int:
    """Number of cells: every block has two ordered inputs among all states before it, and so many operations."""
    states = math.prod(INPUTS + i for i in range(blocks))
    return states**2 * (operations**2 * combinations) ** blocks
