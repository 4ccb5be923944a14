"""The space of recurrent cells: every node chooses the earlier node that it reads, and an activation."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network
from dartsx.networks.recurrent import ACTIVATIONS, Recurrence, language_model
from dartsx.spaces.edge_decisions import chosen_edges, edge_decisions
from dartsx.spaces.errors import GenotypeError, SpaceError, unknown
from dartsx.spaces.genotype import Edge
from dartsx.spaces.primitives import NONE
from dartsx.spaces.recurrent_cell import RECURRENT, RecurrentCell
from dartsx.spaces.scale import Scale


@dataclass(frozen=True)
class RecurrentSpace:
    """Cells of ``num_nodes`` nodes; the defaults are those of DARTS on Penn Treebank (arXiv:1806.09055, section 3.2).

    Attributes:
      primitives: activations in the order of the columns of alpha; 'none' takes its share of the softmax and is never
        kept.
      num_nodes: intermediate nodes, numbered from 1.
      concat: nodes whose mean is the output; all of them if None.

    Raises SpaceError for activations that are not known, and numbers that describe no space.
    """

    primitives: tuple[str, ...] = (NONE, *ACTIVATIONS)
    num_nodes: int = 8
    concat: tuple[int, ...] | None = None

    scale: ClassVar[Scale] = Scale(channels=850, layers=1, classes=10_000, image_size=35)
    """Scale of a network, unless another is given: the layers are one cell, the classes words."""

    executor: ClassVar[str] = "recurrent"
    graph: ClassVar[None] = None

    def __post_init__(self):
        for name in self.primitives:
            if name not in (NONE, *ACTIVATIONS):
                raise SpaceError(unknown("activation", name, (NONE, *ACTIVATIONS)))
        if not self.activations or len(set(self.primitives)) < len(self.primitives):
            raise SpaceError(f"primitives must be different activations, one of them not 'none': {self.primitives}")
        if self.num_nodes < 1:
            raise SpaceError(f"num_nodes is {self.num_nodes}; allowed: 1 or more")
        concat = tuple(self.nodes) if self.concat is None else tuple(self.concat)
        if not concat or not set(concat) <= set(self.nodes) or len(set(concat)) < len(concat):
            raise SpaceError(f"concat {concat}: allowed are different nodes from 1 to {self.num_nodes}")
        object.__setattr__(self, "concat", concat)

    @property
    def nodes(self) -> range:
        """Intermediate nodes."""
        return range(1, self.num_nodes + 1)

    @property
    def activations(self) -> tuple[str, ...]:
        """What a node may choose."""
        return tuple(name for name in self.primitives if name != NONE)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(source, node) of every row of alpha, by node, inside a node by source."""
        return tuple((source, node) for node in self.nodes for source in range(node))

    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]:
        """Shape [edges, primitives] of the alphas, (36, 5) in DARTS."""
        return {RECURRENT: (len(self.edges), len(self.primitives))}

    @property
    def options(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The primitives of every edge."""
        return {RECURRENT: (self.primitives,) * len(self.edges)}

    @property
    def decisions(self) -> dict[str, Decision]:
        """One for every edge, ``recurrent/0-1``; a cell chooses an activation for the edge that each node keeps."""
        return edge_decisions(self.options, self.edges)

    def expand(self, mixture: Mapping) -> Mapping:
        """Return the mixtures over all ``primitives``: here the mixtures themselves."""
        return mixture

    def architecture(self, choices: Mapping[str, str]) -> RecurrentCell:
        """Return the cell of these edges; 'none' stands for an absent one. Raises GenotypeError if it is none here."""
        chosen = chosen_edges(choices, self.options, self.edges)[RECURRENT]
        cell = RecurrentCell(tuple(edge for edge in chosen if edge.primitive != NONE), self.concat)
        self.validate(cell)
        return cell

    def network(self, cell: RecurrentCell, scale: Scale | None = None) -> Network:
        """Return the description of the language model that is retrained.

        Raises GenotypeError for what is no recurrent cell.
        """
        size = scale or self.scale
        return language_model(recurrence(cell), size.channels, size.classes, size.image_size)

    def derive(self, mixture: Mapping[str, ArrayLike]) -> RecurrentCell:
        """Keep the strongest edge into every node, with its best activation; ties go to the lower index.

        The strength of an edge is its largest weight over all activations but 'none' (arXiv:1806.09055, section 2.4).

        Raises SpaceError for missing tables, other shapes, or weights that are not finite.
        """
        if RECURRENT not in mixture:
            raise SpaceError(f"no mixture for the {RECURRENT} cell; given: {list(mixture)}")
        weights = np.asarray(mixture[RECURRENT], np.float64)
        if weights.shape != self.alpha_shapes[RECURRENT]:
            raise SpaceError(f"mixture has shape {weights.shape}; expected {self.alpha_shapes[RECURRENT]}")
        if not np.isfinite(weights).all():
            raise SpaceError(f"mixture holds {weights[~np.isfinite(weights)][0]}")
        kept = weights[:, [self.primitives.index(name) for name in self.activations]]
        edges = []
        for node in self.nodes:
            first = node * (node - 1) // 2
            rows = kept[first : first + node]
            source = int(rows.max(1).argmax())
            edges.append(Edge(self.activations[rows[source].argmax()], source, node))
        return RecurrentCell(tuple(edges), self.concat)

    def encode(self, cell: RecurrentCell) -> dict[str, np.ndarray]:
        """Return the one-hot mixture, float64 of shape ``alpha_shapes``; ``derive`` reads it back.

        Rows of edges that the cell lacks are one-hot at 'none', or zero in a space without it. Raises GenotypeError if
        the cell does not belong to the space.
        """
        self.validate(cell)
        mixture = np.zeros(self.alpha_shapes[RECURRENT])
        if NONE in self.primitives:
            mixture[:, self.primitives.index(NONE)] = 1
        for primitive, source, node in cell.edges:
            row = self.edges.index((source, node))
            mixture[row] = np.arange(len(self.primitives)) == self.primitives.index(primitive)
        return {RECURRENT: mixture}

    def count(self) -> int:
        """Return the number of cells: 8! x 4^8 = 2.6e9 in DARTS."""
        return prod(node * len(self.activations) for node in self.nodes)

    def sample(self, rng: np.random.Generator) -> RecurrentCell:
        """Draw a cell uniformly."""
        drawn = [(rng.integers(len(self.activations)), int(rng.integers(node)), node) for node in self.nodes]
        return RecurrentCell(tuple(Edge(self.activations[column], *edge) for column, *edge in drawn), self.concat)

    def mutate(self, cell: RecurrentCell, rng: np.random.Generator) -> RecurrentCell:
        """Return a cell that differs in one node's activation or source, drawn uniformly from all such cells.

        Raises GenotypeError if the cell does not belong to the space, SpaceError if the space has no other one.
        """
        around = self.neighbours(cell, rng)
        if not around:
            raise SpaceError("the space has one cell only: nothing to mutate")
        return around[rng.integers(len(around))]

    def neighbours(self, cell: RecurrentCell, rng: np.random.Generator) -> list[RecurrentCell]:
        """Return all cells that differ in one node's activation or source; nothing is drawn."""
        del rng
        self.validate(cell)
        changes = []
        for edge in cell.edges:
            changes += [edge._replace(primitive=name) for name in self.activations if name != edge.primitive]
            changes += [edge._replace(source=source) for source in range(edge.node) if source != edge.source]
        return [self._with(cell, change) for change in changes]

    def validate(self, cell: RecurrentCell) -> None:
        """Raise GenotypeError, saying why, if the cell does not belong to the space."""
        if len(_checked(cell).edges) != self.num_nodes or cell.concat != self.concat:
            raise GenotypeError(
                f"the cell has {len(cell.edges)} nodes and concat {cell.concat}; in the space they are "
                f"{self.num_nodes} and {self.concat}"
            )
        for edge in cell.edges:
            if edge.primitive not in self.activations:
                raise GenotypeError(f"node {edge.node}: {unknown('activation', edge.primitive, self.activations)}")

    def _with(self, cell: RecurrentCell, change: Edge) -> RecurrentCell:
        return RecurrentCell(tuple(change if edge.node == change.node else edge for edge in cell.edges), self.concat)


def recurrence(cell: RecurrentCell) -> Recurrence:
    """The layer of a cell; raises GenotypeError for what is no recurrent cell."""
    return Recurrence(tuple(map(tuple, _checked(cell).edges)), cell.concat)


def _checked(architecture: RecurrentCell) -> RecurrentCell:
    """The architecture; raises GenotypeError unless it is a recurrent cell."""
    if tuple(architecture.cells) != (RECURRENT,):
        given = f"cells {', '.join(architecture.cells)}" if architecture.cells else "no cells"
        raise GenotypeError(f"the space has recurrent cells; this architecture has {given}")
    return architecture


recurrent = RecurrentSpace()
