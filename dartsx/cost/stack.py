"""A supernet seen as the stack of cells of the networks that it holds, and a mixture read as chances.

Code on mixtures here and in `expected` serves NumPy and JAX arrays alike, through the array's own namespace.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dartsx.cost.network import step_counts
from dartsx.networks.blocks.cell_graph import GraphCell
from dartsx.networks.layers import Conv, Linear, Shape
from dartsx.networks.step import Step
from dartsx.spaces import NONE, Scale, Space

_CELL = re.compile(r"cell(\d+)")
_CANDIDATE = re.compile(r"cell(\d+)/(\d+-\d+)/([^/]+)")
_PREPROCESSING = re.compile(r"cell(\d+)/pre(\d)/")


class Place(NamedTuple):
    """A cell in the stack.

    Attributes:
      kind: ``"normal"`` or ``"reduce"``.
      block: all its candidates.
      before: shape of its preprocessed inputs.
      after: shape of its nodes.
    """

    kind: str
    block: GraphCell
    before: Shape
    after: Shape


class Terms(NamedTuple):
    """An additive cost of the networks in a supernet.

    Attributes:
      fixed: cost of what all networks have.
      operations: cell type -> cost of every candidate on every edge, summed over the cells: [edges, primitives].
      nodes: cell type -> cost of what reads the cells' outputs, for every concatenated node.
    """

    fixed: float
    operations: dict[str, np.ndarray]
    nodes: dict[str, float]


class Stack:
    """All candidates on all edges, with the batch norms of a network."""

    def __init__(self, space: Space, scale: Scale, image_shape: int | Sequence[int]):
        """Raises ValueError for a height or width that the reductions do not divide."""
        network = space.supernet_layers(scale, affine=True)
        self.space, self.steps = space, network.trace(image_shape)
        self.classes = scale.classes
        self.image, self.stem = (math.prod(step.shape) for step in self.steps[:2])
        self.cells = _places([blocks[0] for label, blocks in network.parts.items() if _CELL.match(label)], self.steps)
        self.inputs = self.cells[0].block.inputs
        self.sources, self.targets = (np.array(ends) for ends in zip(*space.edges, strict=True))
        self.nodes = np.arange(self.targets.max() + 1)

    def terms(self, column: int) -> Terms:
        """Parameters, multiply-adds or activations (columns 0 to 2), by what they depend on."""
        rows = {f"{source}-{node}": row for row, (source, node) in enumerate(self.space.edges)}
        columns = {name: k for k, name in enumerate(self.space.primitives)}
        fixed, nodes = 0.0, dict.fromkeys(self.space.alpha_shapes, 0.0)
        operations = {kind: np.zeros((len(rows), len(columns))) for kind in nodes}
        for step in self.steps:
            count = step_counts(step)[column]
            if found := _CANDIDATE.match(step.name):
                operations[self.cells[int(found[1])].kind][rows[found[2]], columns[found[3]]] += count
                continue
            reader = self._reader(step)
            per_node = 0 if reader is None else self._per_node(step, column)
            if per_node:
                nodes[reader] += per_node
            fixed += count - per_node * len(self.space.concat)
        return Terms(fixed, operations, nodes)

    def _reader(self, step: Step) -> str | None:
        """Type of the cell whose output this layer of a stack with preprocessing reads, if it does."""
        if self.inputs == 1 or not isinstance(step.layer, Conv | Linear):
            return None
        found = _PREPROCESSING.match(step.name)
        if not found:
            return self.cells[-1].kind if step.name.startswith("classifier") else None
        source = int(found[1]) - 2 + int(found[2])
        return self.cells[source].kind if source >= 0 else None

    def _per_node(self, step: Step, column: int) -> float:
        """What a layer costs more for every node by which its input is wider."""
        (shape,) = step.input_shapes
        wider = dataclasses.replace(step, input_shapes=((*shape[:-1], 2 * shape[-1]),))
        return (step_counts(wider)[column] - step_counts(step)[column]) / len(self.space.concat)

    @property
    def held(self) -> np.ndarray:
        """Which primitives are operations: all but 'none'; boolean [primitives]."""
        return np.array([name != NONE for name in self.space.primitives])

    @property
    def concatenated(self) -> np.ndarray:
        """Which nodes are concatenated; boolean [inputs and nodes]."""
        return np.isin(self.nodes, self.space.concat)

    def edge_chances(self, rows: Any) -> Any:
        """Chance [edges] that an edge holds an operation; at most 1, also where rows of a mixture sum to more."""
        return rows.__array_namespace__().minimum((rows * self.held).sum(-1), 1)

    def node_chances(self, edges: Any) -> Any:
        """Chance [inputs and nodes] that a node exists: the inputs do, others if an operation enters them.

        Args:
          edges: chances of the edges.
        """
        chances = any_of(edges, self.targets == self.nodes[:, None])
        return chances.__array_namespace__().where(self.nodes < self.inputs, 1, chances)

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


def _places(cells: Sequence[GraphCell], steps: Sequence[Step]) -> list[Place]:
    places, size = [], steps[1].shape[:2]  # of the stem
    for cell in cells:
        before = (*size, cell.features)
        size = tuple(-(-n // cell.stride) for n in size)
        places.append(Place("reduce" if cell.stride > 1 else "normal", cell, before, (*size, cell.features)))
    return places
