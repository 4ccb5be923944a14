"""Cost of a supernet: all candidates on all edges."""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.cost import cells, layers
from dartsx.cost.counts import Cost
from dartsx.cost.graph import Graph
from dartsx.kernels.channel_major.primitives import PRIMITIVES, lookup
from dartsx.kernels.plan import output_channels
from dartsx.nn.supernet import Supernet


def supernet_cost(supernet: Supernet, image_shape: int | Sequence[int]) -> Cost:
    """Exact costs of a supernet, without its alphas; `dartsx.cost.counts` defines them.

    Work that edges share is counted on every edge, as the original computes it, so that the figure
    does not depend on how the supernet is computed. For memory the candidates are computed one
    after another and added to their node.

    Args:
      supernet: description; nothing is initialised, traced or compiled.
      image_shape: (height, width, channels), or one number for square images of 3 channels.

    Raises:
      ValueError: height or width that the supernet's reductions do not divide.
    """
    space, plans = supernet.space, supernet.plans()
    divisor = 2 ** sum(plan.reduction for plan in plans)
    size, channels = layers.read_image_shape(image_shape, divisor, "the supernet")
    chosen = lookup(space.primitives, supernet.primitives or PRIMITIVES)
    operations = [
        cells.Operation(f"edge{e}/{name}", primitive, source, node)
        for e, (source, node) in enumerate(space.edges)
        for name, primitive in chosen.items()
    ]
    graph = Graph()
    width, x = supernet.stem_multiplier * supernet.channels, graph.image(channels * size.pixels)
    x = cells.conv(graph, "stem/conv", x, channels, width, 3, size)
    inputs = (x, x)
    for i, plan in enumerate(plans):
        states = cells.cell(graph, f"cell{i}", plan, inputs, size, operations, affine=False)
        inputs = (inputs[1], sum((states[node] for node in space.concat), ()))
        size = size.strided(2 if plan.reduction else 1)
    nodes = len(space.concat)
    features = output_channels(plans, {"normal": nodes, "reduce": nodes})
    cells.classifier(graph, inputs[1], features, supernet.classes)
    return graph.cost()
