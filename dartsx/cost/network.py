"""Cost of the network of a genotype."""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.cost import layers
from dartsx.cost.counts import Cost, LayerCost
from dartsx.nn.network import STEMS, Network
from dartsx.nn.plan import CellPlan, output_channels
from dartsx.nn.primitives import lookup
from dartsx.spaces import Cell

_STEM_SHRINKS = {"cifar": 1, "imagenet": 8}


def network_cost(network: Network, image_shape: int | Sequence[int]) -> Cost:
    """Exact parameters and multiply-adds of a network, its auxiliary head left out.

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
    rows, size = _stem(network, image, channels)
    for i, plan in enumerate(plans):
        cell = network.genotype.cell(plan.cell_type)
        rows += layers.preprocess(i, plan, size, affine=True)
        rows += _operations(i, cell, plan, size)
        size = size.strided(2 if plan.reduction else 1)
    features = output_channels(plans, network.multiplier())
    return Cost((*rows, layers.classifier(features, network.classes)))


def _stem(network: Network, image: layers.Map, channels: int) -> tuple[list[LayerCost], layers.Map]:
    """Rows of the stem, and the map that it leaves as input 1 of the first cell."""
    width = network.stem_channels()
    if network.stem == "cifar":
        return [layers.conv("stem/conv", channels, width, 3, image)], image
    half, quarter, eighth = (image.strided(2**k) for k in (1, 2, 3))
    rows = [
        layers.conv("stem/conv0", channels, width // 2, 3, half),
        layers.conv("stem/conv1", width // 2, width, 3, quarter),
        layers.conv("stem/conv2", width, width, 3, eighth),
    ]
    return rows, eighth


def _operations(i: int, cell: Cell, plan: CellPlan, size: layers.Map) -> list[LayerCost]:
    inner = size.strided(2 if plan.reduction else 1)
    rows = []
    for k, edge in enumerate(cell.edges):
        primitive = lookup([edge.primitive])[edge.primitive]
        source = size if edge.source < 2 else inner
        name = f"cell{i}/op{k}/{edge.primitive}"
        stride = plan.stride(edge.source)
        rows.append(layers.operation(name, primitive, plan.channels, source, stride, affine=True))
    return rows
