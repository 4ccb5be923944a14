"""Expected memory of the network that a mixture stands for: the largest, over layers, of the expected numbers alive.

Peak memory is a maximum over layers, and which tensors are alive beside a layer depends on edges that may or may not
exist. The expectation of the maximum would be a sum over all architectures. Taken here is its lower bound, the maximum
of expectations: at every edge the numbers alive, in expectation over all other edges, weighted with the chances of the
edge's own primitives. It is differentiable almost everywhere and, at a one-hot mixture, where nothing is left to
chance, exactly the memory of `network_cost` (whose model of live tensors is in `graph`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from dartsx.cost.layers import Map
from dartsx.cost.stack import Stack, any_of
from dartsx.kernels.plan import CellPlan


class _Chances(NamedTuple):
    """What a cell type's rows say, edges in order of computation.

    Attributes:
      rows: [edges, primitives], 0 for 'none'.
      nodes: chance that a node exists, [nodes].
      later: chance that a node is concatenated or read by edge k or a later one, [edges + 1, nodes].
      begun: chance that an edge before k enters the node that edge k enters, [edges].
      width: expected number of concatenated nodes.
    """

    rows: Any
    nodes: Any
    later: Any
    begun: Any
    width: Any


class _CellSizes(NamedTuple):
    """Numbers in the tensors of one cell.

    Attributes:
      plan: of the cell.
      pre: of each preprocessed input.
      nodes: of all nodes, inputs included, [nodes].
      peaks: numbers alive inside an operation with its source, which is read afterwards or not (`graph.Peak`),
        [edges, primitives, 2].
    """

    plan: CellPlan
    pre: int
    nodes: np.ndarray
    peaks: np.ndarray


def expected_memory(stack: Stack) -> Callable[[Mapping[str, Any]], Any]:
    """The function mixture -> expected memory in numbers of one image; see the module's docstring."""
    cells = [_cell_sizes(stack, plan, size) for plan, size in stack.cells({"normal": 0, "reduce": 0})]
    image, stem = (channels * stack.image.pixels for channels in (stack.image_channels, stack.stem_channels))

    def memory(mixture: Mapping[str, Any]) -> Any:
        chances = {name: _chances(stack, rows) for name, rows in mixture.items()}
        peaks = [image + stem]
        s0, s1 = 0, stem  # both inputs of the first cell are the stem's output, which is there once
        for i, cell in enumerate(cells):
            own = chances[cell.plan.cell_type]
            kept = s1 if i + 1 < len(cells) else 0  # the next cell's input 0
            peaks += [s0 + s1 + cell.pre, s1 + cell.pre * own.later[0, 0] + cell.pre]
            peaks.append(_at_edges(stack, own, cell, kept).max())
            s0, s1 = s1, own.width * cell.nodes[-1]
        features = own.width * cells[-1].plan.channels
        peaks += [s1 + features, features + stack.classes]
        return functools.reduce(own.rows.__array_namespace__().maximum, peaks)

    return memory


def _chances(stack: Stack, rows: Any) -> _Chances:
    edges = stack.edge_chances(rows)
    order, nodes = np.arange(len(stack.sources)), np.arange(stack.space.nodes.stop)
    read = stack.sources == nodes[:, None]
    from_now_on = order >= np.arange(len(order) + 1)[:, None, None]
    xp = rows.__array_namespace__()
    return _Chances(
        rows * stack.held,
        stack.node_chances(edges),
        xp.where(stack.concatenated, 1, any_of(edges, read & from_now_on)),
        any_of(edges, (stack.targets == stack.targets[:, None]) & (order < order[:, None])),
        stack.width(rows),
    )


def _cell_sizes(stack: Stack, plan: CellPlan, size: Map) -> _CellSizes:
    node = plan.channels * size.strided(2 if plan.reduction else 1).pixels
    pre = plan.channels * size.pixels
    peaks = [[cost.peak for cost in row] for row in stack.operations(plan, size)]
    nodes = np.array([pre if i < stack.space.nodes.start else node for i in range(stack.space.nodes.stop)])
    return _CellSizes(plan, pre, nodes, np.array(peaks, float))


def _at_edges(stack: Stack, chances: _Chances, cell: _CellSizes, kept: Any) -> Any:
    """Expected numbers alive at the worst moment of every edge, [edges]; `kept` are alive all the time."""
    later = chances.later[1:]
    is_source = stack.sources[:, None] == np.arange(len(cell.nodes))
    complete = stack.targets[:, None] > np.arange(len(cell.nodes))
    others = (complete & ~is_source) * chances.nodes * later @ cell.nodes
    begun = chances.begun * cell.nodes[stack.targets]
    again = (is_source * later).sum(-1)[:, None]  # chance that something reads the source after this edge
    freed, held = cell.peaks[..., 0], cell.peaks[..., 1]
    own = freed + again * (held - freed)
    return (chances.rows * (own + (others + begun + kept)[:, None])).sum(-1)
