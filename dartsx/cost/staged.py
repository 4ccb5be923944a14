"""Costs of the networks and supernets of topologies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dartsx.cost import layers
from dartsx.cost.counts import Cost, LayerCost
from dartsx.nn.primitives import TOPOLOGY_PRIMITIVES, Primitive, lookup
from dartsx.nn.staged import STAGES, StagedNetwork, StagedSupernet
from dartsx.spaces import NONE

Operations = Iterable[tuple[str, Primitive]]  # label inside the cell, primitive


def staged_network_cost(network: StagedNetwork, image_shape: int | Sequence[int]) -> Cost:
    """Exact parameters and multiply-adds of a topology's network.

    An edge counts also where nothing reaches it, as in NAS-Bench-201. Its table adds the biases of the linear layer
    to the multiply-adds: one more per class.

    Args:
      network: description; nothing is initialised, traced or compiled.
      image_shape: (height, width, channels), or one number for square images of 3 channels.

    Raises:
      ValueError: height or width not divisible by 4.
    """
    table = network.primitives or TOPOLOGY_PRIMITIVES
    edges = [(k, edge.primitive) for k, edge in enumerate(network.topology.edges) if edge.primitive != NONE]
    operations = [(f"op{k}/{name}", lookup([name], table)[name]) for k, name in edges]
    return _stages(network, image_shape, operations, affine=True)


def staged_supernet_cost(supernet: StagedSupernet, image_shape: int | Sequence[int]) -> Cost:
    """Exact parameters (without alphas) and multiply-adds of a topology space's supernet, all edges apart.

    Raises:
      ValueError: height or width not divisible by 4.
    """
    chosen = lookup(supernet.space.primitives, supernet.primitives or TOPOLOGY_PRIMITIVES)
    edges = range(len(supernet.space.edges))
    operations = [(f"edge{e}/{name}", primitive) for e in edges for name, primitive in chosen.items()]
    return _stages(supernet, image_shape, operations, affine=False)


def _stages(module, image_shape, operations: Operations, affine: bool) -> Cost:
    size, channels = layers.read_image_shape(image_shape, 2 ** (STAGES - 1), "the network")
    rows, width = [layers.conv("stem/conv", channels, module.channels, 3, size)], module.channels
    for stage in range(STAGES):
        if stage:
            size, width = size.strided(2), 2 * width
            rows += _reduction(f"reduction{stage}", width // 2, width, size)
        for i in range(stage * module.layers, (stage + 1) * module.layers):
            rows += [layers.operation(f"cell{i}/{label}", p, width, size, 1, affine) for label, p in operations]
    return Cost((*rows, LayerCost("last_bn", 2 * width, 0), layers.classifier(width, module.classes)))


def _reduction(name: str, channels: int, features: int, size: layers.Map) -> list[LayerCost]:
    weights = channels * features
    shortcut = LayerCost(f"{name}/shortcut", weights, weights * size.height * size.width)
    first = layers.conv(f"{name}/conv0", channels, features, 3, size)
    return [first, layers.conv(f"{name}/conv1", features, features, 3, size), shortcut]
