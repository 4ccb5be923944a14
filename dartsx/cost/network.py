"""Cost of any network, or of a single block: read off the traced steps of its description (`dartsx.networks`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dartsx.cost.counts import Cost
from dartsx.cost.graph import Graph, Peak, Value
from dartsx.networks import Network, Step
from dartsx.networks.layers import (
    Activation,
    Add,
    Concat,
    Dropout,
    DropPath,
    Flatten,
    Input,
    Multiply,
    Norm,
    Slice,
    Zero,
)

# Steps that give what they read, and those that work in place: see `graph`. All others write a tensor of their own.
_SAME = (Activation, Concat, Dropout, DropPath, Flatten, Slice, Zero)
_IN_PLACE = (Add, Multiply)


def network_cost(network: Network, image_shape: int | Sequence[int] | None = None) -> Cost:
    """Exact costs of a network, its auxiliary head left out; `dartsx.cost.counts` defines them.

    Args:
      network: a description: ``dartsx.networks.network(name)``, ``space.network(architecture, scale)``, the
        ``description`` of a network or supernet of `dartsx.nn`, or one written down. Nothing is initialised, traced by
        JAX or compiled.
      image_shape: (height, width, channels), or one number for square images of 3 channels; None for the network's
        own size.

    Example:
      ``network_cost(named_space("darts").network(published("DARTS_V2"))).params == 3_349_342``.

    Raises:
      ValueError: the images are too small for the network or not divisible by its reductions, or the shape is none.
    """
    return steps_cost(network.trace(image_shape))


def steps_cost(steps: Sequence[Step]) -> Cost:
    """Exact costs of traced steps: a network's, or those of a block alone.

    A row is a layer that writes a tensor of its own. Scale and bias of a batch norm belong to the row of the layer that
    it normalises, or have their own row where it normalises something else, such as a sum.
    """
    return _replayed(steps)[0].cost()


def steps_peak(steps: Sequence[Step], overwrites: Callable[[Step], bool] = lambda step: False) -> Peak:
    """Most numbers alive inside of a block, its input included, which is the first step.

    Args:
      steps: the block.
      overwrites: which layers, besides batch norms and sums, put their output in the place of an input that nobody
        reads afterwards.
    """
    graph, values = _replayed(steps, overwrites)
    freed = graph.cost().memory
    graph.layer("reader", values[0], (0,))  # keeps the input to the end
    return Peak(freed, graph.cost().memory)


def _replayed(
    steps: Sequence[Step], overwrites: Callable[[Step], bool] = lambda step: False
) -> tuple[Graph, list[Value]]:
    """The steps in a graph, and what each of them gives."""
    graph = Graph()
    values: list[Value] = []
    row = None  # position of the step that made the last row
    for i, step in enumerate(steps):
        reads = [values[j] for j in step.inputs]
        joint = sum(reads, ())
        if isinstance(step.layer, Input):
            value = graph.image(math.prod(step.shape))
        elif isinstance(step.layer, _IN_PLACE):
            value = graph.combine(*reads)
        elif isinstance(step.layer, _SAME):
            value = joint
        elif isinstance(step.layer, Norm) and step.inputs == (row,):
            graph.charge(step.params)
            value = joint
        else:
            in_place = isinstance(step.layer, Norm) or overwrites(step)
            value = graph.layer(step.name, joint, step.shape, step_counts(step), in_place=in_place)
            row = i
        values.append(value)
    return graph, values


def step_counts(step: Step) -> tuple[int, int, int]:
    """Parameters, multiply-adds, activations of one step; only convolutions and linear layers have the latter two."""
    macs = step.macs
    return step.params, macs, math.prod(step.shape) if macs else 0
