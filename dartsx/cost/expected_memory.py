"""Expected memory of the network that a mixture stands for: the largest, over layers, of the expected numbers alive.

Peak memory is a maximum over layers, and which tensors are alive beside a layer depends on edges that may or may not
exist. The expectation of the maximum would be a sum over all architectures. Taken here is its lower bound, the maximum
of expectations: at every edge the numbers alive, in expectation over all other edges, weighted with the chances of the
edge's own primitives. It is differentiable almost everywhere and, at a one-hot mixture, where nothing is left to
chance, exactly the memory of `network_cost` (whose model of live tensors is in `graph`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from dartsx.cost.graph import Peak
from dartsx.cost.network import steps_peak
from dartsx.cost.stack import Place, Stack, any_of
from dartsx.networks.blocks.candidates import traced
from dartsx.networks.layers import Layer, Shape
from dartsx.networks.trace import Block


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
      kind: type of the cell.
      features: channels of its nodes.
      pre: numbers in each preprocessed input.
      nodes: numbers in every node, inputs included, [nodes].
      peaks: numbers alive inside an operation with its source, which is read afterwards or not (`graph.Peak`),
        [edges, primitives, 2].
    """

    kind: str
    features: int
    pre: int
    nodes: np.ndarray
    peaks: np.ndarray


def expected_memory(stack: Stack) -> Callable[[Mapping[str, Any]], Any]:
    """The function mixture -> expected memory in numbers of one image; see the module's docstring."""
    cells = [_cell_sizes(stack, place) for place in stack.cells]

    def memory(mixture: Mapping[str, Any]) -> Any:
        chances = {name: _chances(stack, rows) for name, rows in mixture.items()}
        peaks = [stack.image + stack.stem]
        s0, s1 = 0, stack.stem  # both inputs of the first cell are the stem's output, which is there once
        for i, cell in enumerate(cells):
            own = chances[cell.kind]
            kept = s1 if i + 1 < len(cells) else 0  # the next cell's input 0
            peaks += [s0 + s1 + cell.pre, s1 + cell.pre * own.later[0, 0] + cell.pre]
            peaks.append(_at_edges(stack, own, cell, kept).max())
            s0, s1 = s1, own.width * cell.nodes[-1]
        features = own.width * cells[-1].features
        peaks += [s1 + features, features + stack.classes]
        return functools.reduce(own.rows.__array_namespace__().maximum, peaks)

    return memory


def _chances(stack: Stack, rows: Any) -> _Chances:
    edges = stack.edge_chances(rows)
    order = np.arange(len(stack.sources))
    read = stack.sources == stack.nodes[:, None]
    from_now_on = order >= np.arange(len(order) + 1)[:, None, None]
    xp = rows.__array_namespace__()
    return _Chances(
        rows * stack.held,
        stack.node_chances(edges),
        xp.where(stack.concatenated, 1, any_of(edges, read & from_now_on)),
        any_of(edges, (stack.targets == stack.targets[:, None]) & (order < order[:, None])),
        stack.width(rows),
    )


def _cell_sizes(stack: Stack, place: Place) -> _CellSizes:
    rows = {f"{source}-{node}": row for row, (source, node) in enumerate(stack.space.edges)}
    peaks = np.zeros((len(rows), len(stack.space.primitives), 2))
    for edge in place.block.edges:
        ends, primitive = edge.name.split("/")
        shape = place.before if edge.source < stack.inputs else place.after
        peaks[rows[ends], stack.space.primitives.index(primitive)] = _peak(edge.block, shape)
    pre, node = math.prod(place.before), math.prod(place.after)
    nodes = np.where(stack.nodes < stack.inputs, pre, node)
    return _CellSizes(place.kind, place.block.features, pre, nodes, peaks)


@functools.lru_cache(maxsize=4096)
def _peak(block: Block | Layer, shape: Shape) -> Peak:
    return steps_peak(traced(block, shape).steps)


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
