"""Cost of the network of a genotype."""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.cost import layers
from dartsx.cost.counts import Cost
from dartsx.cost.graph import Graph, Value
from dartsx.nn.network import STEMS, Network
from dartsx.nn.plan import CellPlan, output_channels
from dartsx.nn.primitives import lookup
from dartsx.spaces import Cell

_STEM_SHRINKS = {"cifar": 1, "imagenet": 8}


def network_cost(network: Network, image_shape: int | Sequence[int]) -> Cost:
    """Exact costs of a network, its auxiliary head left out; `dartsx.cost.counts` defines them.

    Args:
      network: description; nothing is initialised, traced or compiled.
      image_shape: (height, width, channels), or one number for square images of 3 channels.

    Example:
      ``network_cost(Network(published("DARTS_V2")), 32).params == 3_349_342``.

    Raises:
      ValueError: unknown stem, or height or width that the network's reductions do not divide.
    """
    if network.stem not in STEMS:
        raise ValueError(f"unknown stem {network.stem!r}; allowed: {', '.join(STEMS)}")
    plans = network.plans()
    divisor = _STEM_SHRINKS[network.stem] * 2 ** sum(plan.reduction for plan in plans)
    image, channels = layers.read_image_shape(image_shape, divisor, f"the {network.stem} network")
    graph = Graph()
    inputs, size = _stem(graph, network, image, channels)
    for i, plan in enumerate(plans):
        cell = network.genotype.cell(plan.cell_type)
        inputs = (inputs[1], _cell(graph, i, cell, plan, inputs, size))
        size = size.strided(2 if plan.reduction else 1)
    layers.classifier(graph, inputs[1], output_channels(plans, network.multiplier()), network.classes)
    return graph.cost()


def _stem(graph: Graph, network: Network, image: layers.Map, channels: int) -> tuple[tuple[Value, Value], layers.Map]:
    """Adds the stem; the two inputs of the first cell, and the size of the second."""
    width, x = network.stem_channels(), graph.image(channels * image.pixels)
    if network.stem == "cifar":
        x = layers.conv(graph, "stem/conv", x, channels, width, 3, image)
        return (x, x), image
    half, quarter, eighth = (image.strided(2**k) for k in (1, 2, 3))
    x = layers.conv(graph, "stem/conv0", x, channels, width // 2, 3, half)
    s0 = layers.conv(graph, "stem/conv1", x, width // 2, width, 3, quarter)
    return (s0, layers.conv(graph, "stem/conv2", s0, width, width, 3, eighth)), eighth


def _cell(graph: Graph, i: int, cell: Cell, plan: CellPlan, inputs: tuple[Value, Value], size: layers.Map) -> Value:
    """Adds a cell; its output."""
    states = dict(enumerate(layers.preprocess(graph, i, plan, inputs, size, affine=True)))
    inner = size.strided(2 if plan.reduction else 1)
    for k, edge in enumerate(cell.edges):
        primitive = lookup([edge.primitive])[edge.primitive]
        source = size if edge.source < 2 else inner
        cost = layers.operation(primitive, plan.channels, source, plan.stride(edge.source), affine=True)
        name = f"cell{i}/op{k}/{edge.primitive}"
        y = graph.layer(name, states[edge.source], cost.shape, cost.counts, cost.inner)
        states[edge.node] = graph.combine(states[edge.node], y) if edge.node in states else y
    return sum((states[node] for node in cell.concat if node in states), ())
