"""Cost of a supernet: all candidates on all edges."""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.cost import layers
from dartsx.cost.counts import Cost, LayerCost
from dartsx.nn.plan import CellPlan, output_channels
from dartsx.nn.primitives import PRIMITIVES, lookup
from dartsx.nn.supernet import Supernet


def supernet_cost(supernet: Supernet, image_shape: int | Sequence[int]) -> Cost:
    """Exact parameters (without alphas) and multiply-adds of a supernet.

    Work that edges share is counted on every edge, as the original computes it, so that the figure
    does not depend on how the supernet is computed.

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
    rows = [layers.conv("stem/conv", channels, width, 3, size)]
    for i, plan in enumerate(plans):
        rows += layers.preprocess(i, plan, size, affine=False)
        rows += _edges(i, supernet, plan, size)
        size = size.strided(2 if plan.reduction else 1)
    nodes = len(supernet.space.concat)
    features = output_channels(plans, {"normal": nodes, "reduce": nodes})
    return Cost((*rows, layers.classifier(features, supernet.classes)))


def _edges(i: int, supernet: Supernet, plan: CellPlan, size: layers.Map) -> list[LayerCost]:
    chosen = lookup(supernet.space.primitives, supernet.primitives or PRIMITIVES)
    inner = size.strided(2 if plan.reduction else 1)
    return [
        layers.operation(
            f"cell{i}/edge{e}/{name}",
            primitive,
            plan.edge_channels,
            size if source < 2 else inner,
            plan.stride(source),
            affine=False,
        )
        for e, (source, _) in enumerate(supernet.space.edges)
        for name, primitive in chosen.items()
    ]
