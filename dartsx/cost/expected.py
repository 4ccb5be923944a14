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

from dartsx.catalog import COST_KINDS
from dartsx.cost import layers
from dartsx.cost.expected_memory import expected_memory
from dartsx.cost.stack import Stack
from dartsx.cost.staged import staged_network_cost
from dartsx.kernels.plan import output_channels
from dartsx.nn import Supernet, TopologyNetwork, TopologySupernet
from dartsx.spaces import CELL_TYPES, NONE, Edge, Topology
from dartsx.spaces.topology_space import CELL

Mixture = Mapping[str, Any]
"""Per cell type [edges, primitives]: JAX or NumPy arrays."""


def expected_cost(
    supernet: Supernet | TopologySupernet, image_shape: int | Sequence[int], kind: str = "macs"
) -> Callable[[Mixture], Any]:
    """The expected cost as a function of the mixture.

    Args:
      supernet: space, channels, layers and classes. Cells are counted as a `dartsx.nn.CellNetwork` of these numbers;
        for the larger network that will be trained, say ``expected_cost(supernet.clone(channels=36, layers=20), 32)``.
        Topologies are counted as a `dartsx.nn.TopologyNetwork`.
      image_shape: (height, width, channels), or one number for square images of 3 channels.
      kind: ``"params"``, ``"macs"``, ``"activations"`` or ``"memory"``, as `dartsx.cost.counts` defines them; what is
        expected of memory, a maximum, says `dartsx.cost.expected_memory`. Of topologies all but memory.

    Returns:
      mixture -> scalar. JAX arrays give a differentiable scalar of their dtype (float32 rounds at 1e-7), NumPy arrays
      in float64 the exact number.

    Raises:
      ValueError: unknown kind, or height or width that the supernet's reductions do not divide.
    """
    staged = isinstance(supernet, TopologySupernet)
    kinds = tuple(name for name in COST_KINDS if not (staged and name == "memory"))
    if kind not in kinds:
        raise ValueError(f"unknown kind of cost {kind!r}; allowed: {', '.join(kinds)}")
    if staged:
        return _of_topologies(supernet, image_shape, kind)
    stack = Stack(supernet, image_shape)
    cost = expected_memory(stack) if kind == "memory" else _of_cells(stack, COST_KINDS.index(kind))

    def expected(mixture: Mixture) -> Any:
        full = supernet.space.expand(mixture)
        return cost({name: full[name] for name in CELL_TYPES})

    return expected


def _of_cells(stack: Stack, column: int) -> Callable[[Mixture], Any]:
    operations = _operations(stack, column)

    def cost(mixture: Mixture) -> Any:
        mixed = sum((counts * mixture[name]).sum() for name, counts in operations.items())
        return mixed + _others(stack, mixture, column)

    return cost


def _of_topologies(supernet: TopologySupernet, image_shape: int | Sequence[int], kind: str) -> Callable[[Mixture], Any]:
    """All edges cost the same: what the network with one primitive on one edge costs more than that without any."""
    (source, node), *others = supernet.space.edges

    def with_one(primitive: str) -> int:
        edges = Edge(primitive, source, node), *(Edge(NONE, *ends) for ends in others)
        topology = Topology(edges)
        options = {name: getattr(supernet, name) for name in ("channels", "layers", "classes", "primitives")}
        return getattr(staged_network_cost(TopologyNetwork(topology, **options), image_shape), kind)

    fixed = with_one(NONE)
    counts = np.array([with_one(name) - fixed for name in supernet.space.primitives], float)
    return lambda mixture: fixed + (counts * mixture[CELL]).sum()


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
