"""Expected cost of the network that a supernet's mixture stands for, differentiable in the mixture.

Read a row m of the mixture as chances: its edge holds primitive p with chance m_p, and nothing with chance m_none and
with what the row lacks to 1; edges are independent. The cost of an operation enters with its chance, as in the expected
latency of ProxylessNAS (arXiv:1812.00332) and FBNet (arXiv:1812.03443):

  E = stem + sum over cells (preprocessing + sum over edges and primitives m[e, p] cost[e, p]) + classifier

A cell is as wide as it has concatenated nodes that some operation enters, so preprocessing and classifier are charged
for the expected width. At a one-hot mixture E is `network_cost` of the network that it stands for, exactly: the
network's batch norms have scale and bias, which the supernet's have not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dartsx.cost import layers
from dartsx.cost.counts import KINDS
from dartsx.cost.expected_memory import expected_memory
from dartsx.cost.stack import Stack
from dartsx.nn import Supernet
from dartsx.nn.plan import output_channels

Mixture = Mapping[str, Any]
"""Per cell type [edges, primitives]: JAX or NumPy arrays."""


def expected_cost(
    supernet: Supernet, image_shape: int | Sequence[int], kind: str = "macs"
) -> Callable[[Mixture], Any]:
    """The expected cost as a function of the mixture.

    Args:
      supernet: space, channels, layers and classes. Cells are counted as a `dartsx.nn.Network` of these numbers; for
        the larger network that will be trained, say ``expected_cost(supernet.clone(channels=36, layers=20), 32)``.
      image_shape: (height, width, channels), or one number for square images of 3 channels.
      kind: ``"params"``, ``"macs"``, ``"activations"`` or ``"memory"``, as `dartsx.cost.counts` defines them; what is
        expected of memory, a maximum, says `dartsx.cost.expected_memory`.

    Returns:
      mixture -> scalar. JAX arrays give a differentiable scalar of their dtype (float32 rounds at 1e-7), NumPy arrays
      in float64 the exact number.

    Raises:
      ValueError: unknown kind, or height or width that the supernet's reductions do not divide.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of cost {kind!r}; allowed: {', '.join(KINDS)}")
    stack = Stack(supernet, image_shape)
    if kind == "memory":
        return expected_memory(stack)
    column = KINDS.index(kind)
    operations = _operations(stack, column)

    def cost(mixture: Mixture) -> Any:
        mixed = sum((counts * mixture[name]).sum() for name, counts in operations.items())
        return mixed + _others(stack, mixture, column)

    return cost


def _operations(stack: Stack, column: int) -> dict[str, np.ndarray]:
    """Cost of every candidate on every edge, summed over the cells of a type: [edges, primitives]."""
    sums: dict[str, np.ndarray] = {}
    for plan, size in stack.cells({"normal": 0, "reduce": 0}):
        counts = [[cost.counts[column] for cost in row] for row in stack.operations(plan, size)]
        sums[plan.cell_type] = sums.get(plan.cell_type, 0) + np.array(counts, float)
    return sums


def _others(stack: Stack, mixture: Mixture, column: int) -> Any:
    """Cost of stem, preprocessing and classifier at the expected widths."""
    width = {name: stack.width(mixture[name]) for name in mixture}
    total = layers.conv(stack.image_channels, stack.stem_channels, 3, stack.image)[column]
    for plan, size in stack.cells(width):
        for channels in (plan.prev_prev, plan.prev):
            total += layers.preprocess(channels, plan.channels, size, affine=True)[column]
    features = output_channels(stack.plans(width), width)
    return total + layers.classifier(features, stack.classes)[column]
