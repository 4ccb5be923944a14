"""The parts that networks and supernets of cells have in common, added to a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dartsx.cost import layers
from dartsx.cost.graph import Graph, Peak, Value
from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.plan import CellPlan


class Operation(NamedTuple):
    """A row of a cell: a primitive on the edge from `source` to `node`."""

    name: str
    primitive: Primitive
    source: int
    node: int


def conv(graph: Graph, name: str, x: Value, channels: int, features: int, kernel: int, out: layers.Map) -> Value:
    """Adds a convolution; see `layers.conv`."""
    return graph.layer(name, x, (*out, features), layers.conv(channels, features, kernel, out))


def cell(
    graph: Graph,
    name: str,
    plan: CellPlan,
    inputs: tuple[Value, Value],
    size: layers.Map,
    operations: Iterable[Operation],
    affine: bool,
) -> Mapping[int, Value]:
    """Adds a cell: preprocessing, and the operations in the order given, each added to its node.

    Args:
      graph: to add to.
      name: of the cell.
      plan: its widths and stride.
      inputs: the outputs of the two cells before it.
      size: of its input 1.
      operations: those into a node before those out of it.
      affine: whether batch norms have scale and bias, as in a network.

    Returns:
      Values of all nodes that an operation enters, and of the two inputs.
    """
    states = {}
    for i, channels in enumerate((plan.prev_prev, plan.prev)):
        counts = layers.preprocess(channels, plan.channels, size, affine)
        states[i] = graph.layer(f"{name}/pre{i}", inputs[i], (*size, plan.channels), counts)
    inner = size.strided(2 if plan.reduction else 1)
    for label, primitive, source, node in operations:
        source_size = size if source < 2 else inner
        cost = layers.operation(primitive, plan.edge_channels, source_size, plan.stride(source), affine)
        y = graph.layer(f"{name}/{label}", states[source], cost.shape, cost.counts, peak=cost.peak)
        states[node] = graph.combine(states[node], y) if node in states else y
    return states


def classifier(graph: Graph, x: Value, channels: int, classes: int) -> None:
    """Adds global average and linear layer."""
    read = graph.size(x)
    peak = Peak(max(read + channels, channels + classes), read + channels + classes)
    graph.layer("classifier", x, (classes,), layers.classifier(channels, classes), peak=peak)
