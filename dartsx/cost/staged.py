"""Costs of the networks and supernets of topologies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dartsx.cost import cells, layers
from dartsx.cost.counts import Cost
from dartsx.cost.graph import Graph, Value
from dartsx.kernels.channel_major.primitives import TOPOLOGY_PRIMITIVES, lookup
from dartsx.nn.topology_networks import STAGES, TopologyNetwork, TopologySupernet
from dartsx.spaces import NONE

Operations = Iterable[cells.Operation]


def staged_network_cost(network: TopologyNetwork, image_shape: int | Sequence[int]) -> Cost:
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
    chosen = lookup(dict.fromkeys(edge.primitive for edge in network.topology.edges), table)
    operations = [
        cells.Operation(f"op{k}/{edge.primitive}", chosen[edge.primitive], edge.source, edge.node)
        for k, edge in enumerate(network.topology.edges)
        if edge.primitive != NONE
    ]
    return _stages(network, image_shape, operations, network.topology.output, affine=True)


def staged_supernet_cost(supernet: TopologySupernet, image_shape: int | Sequence[int]) -> Cost:
    """Exact parameters (without alphas) and multiply-adds of a topology space's supernet, all edges apart.

    Raises:
      ValueError: height or width not divisible by 4.
    """
    chosen = lookup(supernet.space.primitives, supernet.primitives or TOPOLOGY_PRIMITIVES)
    operations = [
        cells.Operation(f"edge{e}/{name}", primitive, source, node)
        for e, (source, node) in enumerate(supernet.space.edges)
        for name, primitive in chosen.items()
    ]
    return _stages(supernet, image_shape, operations, supernet.space.concat[-1], affine=False)


def _stages(module, image_shape, operations: Operations, output: int, affine: bool) -> Cost:
    size, channels = layers.read_image_shape(image_shape, 2 ** (STAGES - 1), "the network")
    graph, width = Graph(), module.channels
    x = cells.conv(graph, "stem/conv", graph.image(channels * size.pixels), channels, width, 3, size)
    for stage in range(STAGES):
        if stage:
            size, width = size.strided(2), 2 * width
            x = _reduction(graph, f"reduction{stage}", x, width, size)
        for i in range(stage * module.layers, (stage + 1) * module.layers):
            states = {0: x}
            for label, primitive, source, node in operations:
                cost = layers.operation(primitive, width, size, 1, affine)
                y = graph.layer(f"cell{i}/{label}", states.get(source, x), cost.shape, cost.counts, peak=cost.peak)
                states[node] = graph.combine(states[node], y) if node in states else y
            x = states.get(output, x)
    x = graph.layer("last_bn", x, (*size, width), layers.Counts(2 * width, 0, 0))
    cells.classifier(graph, x, width, module.classes)
    return graph.cost()


def _reduction(graph: Graph, name: str, x: Value, features: int, size: layers.Map) -> Value:
    weights = features * (features // 2)
    y = cells.conv(graph, f"{name}/conv0", x, features // 2, features, 3, size)
    y = cells.conv(graph, f"{name}/conv1", y, features, features, 3, size)
    counts = layers.Counts(weights, weights * size.pixels, features * size.pixels)
    return graph.combine(y, graph.layer(f"{name}/shortcut", x, (*size, features), counts))
