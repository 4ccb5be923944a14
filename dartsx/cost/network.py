"""Cost of the network of a genotype."""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.catalog import STEMS
from dartsx.cost import cells, layers
from dartsx.cost.counts import Cost
from dartsx.cost.graph import Graph, Value
from dartsx.kernels.channel_major.primitives import lookup
from dartsx.kernels.plan import output_channels
from dartsx.nn.cell_network import CellNetwork
from dartsx.spaces import Cell

_STEM_SHRINKS = {"cifar": 1, "imagenet": 8}


def network_cost(network: CellNetwork, image_shape: int | Sequence[int]) -> Cost:
    """Exact costs of a network, its auxiliary head left out; `dartsx.cost.counts` defines them.

    Args:
      network: description; nothing is initialised, traced or compiled.
      image_shape: (height, width, channels), or one number for square images of 3 channels.

    Example:
      ``network_cost(CellNetwork(published("DARTS_V2")), 32).params == 3_349_342``.

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
        states = cells.cell(graph, f"cell{i}", plan, inputs, size, _operations(cell), affine=True)
        inputs = (inputs[1], sum((states[node] for node in cell.concat if node in states), ()))
        size = size.strided(2 if plan.reduction else 1)
    cells.classifier(graph, inputs[1], output_channels(plans, network.multiplier()), network.classes)
    return graph.cost()


def _stem(
    graph: Graph, network: CellNetwork, image: layers.Map, channels: int
) -> tuple[tuple[Value, Value], layers.Map]:
    """Adds the stem; the two inputs of the first cell, and the size of the second."""
    width, x = network.stem_channels(), graph.image(channels * image.pixels)
    if network.stem == "cifar":
        x = cells.conv(graph, "stem/conv", x, channels, width, 3, image)
        return (x, x), image
    half, quarter, eighth = (image.strided(2**k) for k in (1, 2, 3))
    x = cells.conv(graph, "stem/conv0", x, channels, width // 2, 3, half)
    s0 = cells.conv(graph, "stem/conv1", x, width // 2, width, 3, quarter)
    return (s0, cells.conv(graph, "stem/conv2", s0, width, width, 3, eighth)), eighth


def _operations(cell: Cell) -> list[cells.Operation]:
    """Edges in the order in which they are computed here: by node, then by source."""
    order = sorted(enumerate(cell.edges), key=lambda item: (item[1].node, item[1].source))
    return [cells.Operation(f"op{k}/{name}", lookup([name])[name], source, node) for k, (name, source, node) in order]
