"""Cost of a supernet: all candidates on all edges."""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.cost import layers
from dartsx.cost.counts import Cost
from dartsx.cost.graph import Graph, Value
from dartsx.nn.plan import CellPlan, output_channels
from dartsx.nn.primitives import PRIMITIVES, lookup
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
    plans = supernet.plans()
    divisor = 2 ** sum(plan.reduction for plan in plans)
    size, channels = layers.read_image_shape(image_shape, divisor, "the supernet")
    width = supernet.stem_multiplier * supernet.channels
    graph = Graph()
    x = layers.conv(graph, "stem/conv", graph.image(channels * size.pixels), channels, width, 3, size)
    inputs = (x, x)
    for i, plan in enumerate(plans):
        inputs = (inputs[1], _cell(graph, i, supernet, plan, inputs, size))
        size = size.strided(2 if plan.reduction else 1)
    nodes = len(supernet.space.concat)
    features = output_channels(plans, {"normal": nodes, "reduce": nodes})
    layers.classifier(graph, inputs[1], features, supernet.classes)
    return graph.cost()


def _cell(
    graph: Graph, i: int, supernet: Supernet, plan: CellPlan, inputs: tuple[Value, Value], size: layers.Map
) -> Value:
    """Adds a cell, candidate after candidate; its output."""
    chosen = lookup(supernet.space.primitives, supernet.primitives or PRIMITIVES)
    states = dict(enumerate(layers.preprocess(graph, i, plan, inputs, size, affine=False)))
    inner = size.strided(2 if plan.reduction else 1)
    for e, (source, node) in enumerate(supernet.space.edges):
        source_size = size if source < 2 else inner
        for name, primitive in chosen.items():
            cost = layers.operation(primitive, plan.channels, source_size, plan.stride(source), affine=False)
            label = f"cell{i}/edge{e}/{name}"
            y = graph.layer(label, states[source], cost.shape, cost.counts, cost.inner)
            states[node] = graph.combine(states[node], y) if node in states else y
    return sum((states[node] for node in supernet.space.concat), ())
