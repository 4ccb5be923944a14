"""A supernet seen as the stack of cells of the networks that it holds, and a mixture read as chances.

Code on mixtures here and in `expected` serves NumPy and JAX arrays alike, through the array's own namespace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dartsx.cost import layers
from dartsx.kernels.channel_major.primitives import PRIMITIVES, lookup
from dartsx.kernels.plan import CellPlan, plan_cells
from dartsx.nn import CellNetwork, Supernet
from dartsx.spaces import NONE, RestrictedSpace


class Stack:
    """Cells of the supernet's space, its channels and layers, with the stem and the batch norms of a network."""

    def __init__(self, supernet: Supernet, image_shape: int | Sequence[int]):
        """Raises ValueError for a height or width that the reductions do not divide."""
        restricted = isinstance(supernet.space, RestrictedSpace)
        self.space = supernet.space.cells if restricted else supernet.space
        self.layers, self.classes = supernet.layers, supernet.classes
        self.channels, self.stem_channels = supernet.channels, CellNetwork(None, supernet.channels).stem_channels()
        self.primitives = lookup(self.space.primitives, supernet.primitives or PRIMITIVES)
        divisor = 2 ** sum(plan.reduction for plan in self.plans({"normal": 0, "reduce": 0}))
        self.image, self.image_channels = layers.read_image_shape(image_shape, divisor, "the supernet")
        self.sources = np.array([source for source, _ in self.space.edges])
        self.targets = np.array([node for _, node in self.space.edges])

    def plans(self, width: Mapping[str, Any]) -> tuple[CellPlan, ...]:
        """The cells' plans, where cells concatenate `width` nodes by type; expected numbers may be fractions."""
        return plan_cells(self.channels, self.layers, width, self.stem_channels)

    def cells(self, width: Mapping[str, Any]) -> Iterator[tuple[CellPlan, layers.Map]]:
        """Every cell's plan, and the size of its input 1."""
        size = self.image
        for plan in self.plans(width):
            yield plan, size
            size = size.strided(2 if plan.reduction else 1)

    def operations(self, plan: CellPlan, size: layers.Map) -> list[list[layers.OperationCost]]:
        """Costs of all candidates on all edges of a cell: [edges][primitives]; of 'none' on any edge, nothing."""
        inner = size.strided(2 if plan.reduction else 1)
        return [
            [
                layers.operation(
                    primitive, plan.channels, size if source < 2 else inner, plan.stride(source), affine=True
                )
                for primitive in self.primitives.values()
            ]
            for source, _ in self.space.edges
        ]

    @property
    def held(self) -> np.ndarray:
        """Which primitives are operations: all but 'none'; boolean [primitives]."""
        return np.array([name != NONE for name in self.space.primitives])

    @property
    def concatenated(self) -> np.ndarray:
        """Which nodes are concatenated; boolean [inputs and nodes]."""
        return np.array([node in self.space.concat for node in range(self.space.nodes.stop)])

    def edge_chances(self, rows: Any) -> Any:
        """Chance [edges] that an edge holds an operation; at most 1, also where rows of a mixture sum to more."""
        return rows.__array_namespace__().minimum((rows * self.held).sum(-1), 1)

    def node_chances(self, edges: Any) -> Any:
        """Chance [inputs and nodes] that a node exists: the inputs do, others if an operation enters them.

        Args:
          edges: chances of the edges.
        """
        nodes = np.arange(self.space.nodes.stop)[:, None]
        chances = any_of(edges, self.targets == nodes)
        return chances.__array_namespace__().where(nodes[:, 0] < self.space.nodes.start, 1, chances)

    def width(self, rows: Any) -> Any:
        """Expected number of concatenated nodes."""
        return (self.node_chances(self.edge_chances(rows)) * self.concatenated).sum()


def any_of(edges: Any, among: np.ndarray) -> Any:
    """Chance [...] that at least one of some edges holds an operation.

    Args:
      edges: chances [edges].
      among: which edges, boolean [..., edges].
    """
    xp = edges.__array_namespace__()
    return 1 - xp.prod(xp.where(among, 1 - edges, 1), axis=-1)
