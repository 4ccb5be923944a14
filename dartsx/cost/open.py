"""Expected cost of an open description, differentiable in the mixture of its decisions.

A layer exists with the presence of its place, and its cost is a table over the widths that its shapes depend on, as in
the expected latency of ProxylessNAS (arXiv:1812.00332) and FBNet (arXiv:1812.03443): `additive` has the formula.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

from dartsx.cost.additive import Additive, Term
from dartsx.networks import Network, Step, close, primitive
from dartsx.networks.open.place import Place
from dartsx.networks.open.size import Axes, combinations, joint_axes

ADDITIVE = ("params", "macs", "activations")
Table = dict[tuple[str, ...], int]  # options of the axes' decisions -> cost


def expected_cost_of(network: Network, image_shape: int | Sequence[int] | None = None, kind: str = "macs") -> Additive:
    """The expected cost of an open network as a function of its mixture; knows the least one, too.

    Args:
      network: an open description; nothing is compiled.
      image_shape: (height, width, channels), or one number for square images of 3 channels; None for its own.
      kind: ``"params"``, ``"macs"`` or ``"activations"``, as `dartsx.cost.counts` defines them. Memory is refused:
        a maximum over layers is not linear in the mixture.

    Returns:
      (weight) -> scalar, where ``weight(decision, option)`` is an entry of the mixture: a JAX scalar, or a float.

    Raises:
      ValueError: unknown kind, or images that the network cannot read.
    """
    if kind not in ADDITIVE:
        raise ValueError(f"unknown kind of expected cost {kind!r} of an open network; allowed: {', '.join(ADDITIVE)}")
    tables: dict[tuple[Place, Axes], Table] = {}
    for step in primitive(network.trace(image_shape)):
        if step.layer.branches:
            continue  # its layers come by themselves
        axes = _axes(step)
        table = tables.setdefault((step.place, axes), {})
        for choices in combinations(axes):
            options = tuple(choices.values())
            table[options] = table.get(options, 0) + _cost(step, choices, kind)
    found = {key: table for key, table in tables.items() if any(table.values())}
    return Additive(tuple(Term(place, tuple(n for n, _ in axes), table) for (place, axes), table in found.items()))


def _axes(step: Step) -> Axes:
    """The decisions that the layer and its shapes depend on."""
    fields = (getattr(step.layer, field.name) for field in dataclasses.fields(step.layer))
    return joint_axes((*fields, *itertools.chain.from_iterable((*step.input_shapes, step.shape))))


def _cost(step: Step, choices: dict[str, str], kind: str) -> int:
    """What the layer costs where its widths are decided like this."""
    layer, shapes = close(step.layer, choices), close(step.input_shapes, choices)
    if kind == "params":
        return sum(math.prod(weight.shape) for weight in layer.weights(*shapes).values())
    macs = layer.macs(*shapes)
    return macs if kind == "macs" or not macs else math.prod(layer.output(*shapes))
