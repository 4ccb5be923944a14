"""The space of cells: every node takes every node before it, by one of the same primitives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import comb
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network
from dartsx.spaces.cell_checks import check_cells, check_primitives, check_range, with_own
from dartsx.spaces.cell_graph import CellGraph
from dartsx.spaces.cell_networks import Blocks, candidates, genotype_network, open_network, stacked
from dartsx.spaces.discretize import discretize, num_edges
from dartsx.spaces.edge_decisions import chosen_edges, edge_decisions
from dartsx.spaces.errors import GenotypeError, SpaceError, show, unknown
from dartsx.spaces.genotype import (
    CELL_TYPES,
    MAX_NODE,
    NUM_INPUTS,
    Cell,
    Edge,
    Genotype,
    check_concat,
)
from dartsx.spaces.primitives import DARTS, NONE
from dartsx.spaces.scale import CIFAR, Scale


@dataclass(frozen=True)
class CellSpace:
    """Cells with two inputs and ``num_nodes`` intermediate nodes; the defaults are DARTS's.

    Attributes:
      primitives: candidates of every edge, in the order of the columns of alpha.
      num_nodes: intermediate nodes; they are numbered 2 to ``num_nodes + 1``.
      edges_kept: edges into each node of a derived cell: 1 or 2, as the first node has two.
      concat: nodes whose concatenation is a cell's output; all intermediate ones if None.
      custom_primitives: names allowed in ``primitives`` besides PRIMITIVES.
      blocks: what primitives of your own are, ``{name: (channels, stride) -> block}`` with blocks of
        `dartsx.networks`; their names need not be repeated in ``custom_primitives``.

    A genotype belongs to the space if each node of each cell has exactly ``edges_kept`` edges
    from different sources. Raises SpaceError for values that describe no space.

    Example: ``CellSpace(num_nodes=2).alpha_shapes == {"normal": (5, 8), "reduce": (5, 8)}``.
    """

    primitives: tuple[str, ...] = DARTS
    num_nodes: int = 4
    edges_kept: int = 2
    concat: tuple[int, ...] | None = None
    custom_primitives: tuple[str, ...] = ()
    blocks: Blocks = field(default_factory=dict, hash=False)

    scale: ClassVar[Scale] = CIFAR
    """Scale of a network, unless another is given."""

    executor: ClassVar[str] = "cells"

    def __post_init__(self):
        check_primitives(self.primitives, self.custom_primitives, self.blocks)
        object.__setattr__(self, "custom_primitives", with_own(self.custom_primitives, self.blocks))
        most = MAX_NODE + 1 - NUM_INPUTS
        check_range("num_nodes", self.num_nodes, most, f"1 to {most}")
        check_range("edges_kept", self.edges_kept, NUM_INPUTS, "1 or 2, as the first node has two inputs")
        object.__setattr__(self, "primitives", tuple(self.primitives))
        object.__setattr__(self, "concat", self._checked_concat())

    @property
    def nodes(self) -> range:
        """Intermediate nodes."""
        return range(NUM_INPUTS, NUM_INPUTS + self.num_nodes)

    @property
    def candidates(self) -> tuple[str, ...]:
        """The primitives that a derived edge may have: all but 'none'."""
        return tuple(name for name in self.primitives if name != NONE)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(source, node) of every row of alpha: by node, inside a node by source."""
        return tuple((source, node) for node in self.nodes for source in range(node))

    @property
    def num_edges(self) -> int:
        """Number of edges of one cell, 14 in DARTS."""
        return num_edges(self.num_nodes)

    @property
    def graph(self) -> CellGraph:
        """What only spaces of cells have."""
        return CellGraph(self.primitives, self.edges, self.concat, self.edges_kept, self.blocks)

    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]:
        """Shape [edges, primitives] of the alphas, and so of the mixtures, by cell type."""
        return {cell_type: (self.num_edges, len(self.primitives)) for cell_type in CELL_TYPES}

    @property
    def options(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The primitives of every edge, by cell type."""
        return dict.fromkeys(CELL_TYPES, (self.primitives,) * self.num_edges)

    @property
    def decisions(self) -> dict[str, Decision]:
        """One for every edge, ``normal/0-2``; an architecture chooses a primitive for those that it keeps."""
        return edge_decisions(self.options, self.edges)

    def stride(self, cell_type: str, source: int) -> int:
        """Stride of an edge: 2 from the inputs (0 and 1) of a reduction cell, else 1."""
        if cell_type not in CELL_TYPES:
            raise SpaceError(unknown("cell type", cell_type, CELL_TYPES))
        return 2 if cell_type == "reduce" and source < NUM_INPUTS else 1

    def expand(self, mixture: Mapping) -> Mapping:
        """Return the mixtures over all ``primitives``: here the mixtures themselves."""
        return mixture

    def network(self, genotype: Genotype, scale: Scale | None = None) -> Network:
        """Return the description of the network that is retrained, of any genotype of cells.

        Raises GenotypeError for what has no such cells, SpaceError for a primitive whose block is not known, by name.
        """
        check_cells(genotype)
        return genotype_network(genotype, scale or self.scale, self.blocks)

    def description(self, scale: Scale | None = None) -> Network:
        """Return the network of `network` with all edges left open; `cell_networks.opened` says what closes it."""
        return open_network(self.options, self.graph, scale or self.scale)

    def supernet_layers(self, scale: Scale | None = None, partial: int = 1, affine: bool = False) -> Network:
        """Return the layers of a supernet: all candidates on all edges, each on one in ``partial`` channels.

        Its batch norms inside of cells have no scale and bias unless ``affine``; pools are as in networks.
        """
        cell = candidates(self.primitives, self.edges, self.concat, self.blocks)
        cells = dict.fromkeys(CELL_TYPES, cell)
        return stacked(cells, scale or self.scale, affine=affine, partial=partial, name="supernet")

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Genotype:
        """Return the genotype that :func:`discretize` keeps of the mixtures.

        Args:
          mixture: cell type -> weights of shape ``alpha_shapes`` (after the softmax).

        Raises SpaceError for missing cell types, other shapes, or weights that are not finite.
        """
        return Genotype(*(self._derive_cell(mixture, cell_type) for cell_type in CELL_TYPES))

    def encode(self, genotype: Genotype) -> dict[str, np.ndarray]:
        """Return one-hot mixtures, float64 of shape ``alpha_shapes``, that stand for the genotype.

        A row of an edge that the genotype lacks is one-hot at 'none', or zero in a space without
        'none'. ``derive(encode(genotype))`` is the genotype up to the order inside nodes, if it
        belongs to the space.

        Raises GenotypeError for primitives or nodes that the space does not have, and for an edge
        that holds two primitives, which no one-hot row can express.
        """
        check_cells(genotype)
        return {cell_type: self._encode_cell(genotype, cell_type) for cell_type in CELL_TYPES}

    def count(self) -> int:
        """Return the number of genotypes in the space.

        Two genotypes are the same if their cells have the same edges with the same primitives, in
        whatever order. Genotypes that differ only by renumbering nodes count as different, and so
        do primitives that compute the same. DARTS: about 1e9 cells, 1e18 genotypes.
        """
        choices = len(self.candidates) ** self.edges_kept
        cells = 1
        for node in self.nodes:
            cells *= comb(node, self.edges_kept) * choices
        return cells ** len(CELL_TYPES)

    def sample(self, rng: np.random.Generator) -> Genotype:
        """Draw a genotype uniformly from the space; edges of a node are listed by source."""
        return Genotype(*(self._sample_cell(rng) for _ in CELL_TYPES))

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        """Return a genotype of the space that differs in one edge's primitive or source.

        Drawn uniformly: first whether to change a primitive or a source (where both can), then
        which of all such changes. The edge keeps its place in the list.

        Raises GenotypeError if the genotype does not belong to the space, SpaceError if the space
        has no other genotype.
        """
        self.validate(genotype)
        kinds = [kind for kind in self._changes(genotype) if kind]
        if not kinds:
            raise SpaceError("the space has one genotype only: nothing to mutate")
        changes = kinds[rng.integers(len(kinds))]
        return with_edge(genotype, *changes[rng.integers(len(changes))])

    def neighbours(self, genotype: Genotype, rng: np.random.Generator) -> list[Genotype]:
        """Return all genotypes that differ in one edge's primitive or source; nothing is drawn.

        Raises GenotypeError if the genotype does not belong to the space.
        """
        del rng
        self.validate(genotype)
        return [with_edge(genotype, *change) for kind in self._changes(genotype) for change in kind]

    def validate(self, genotype: Genotype) -> None:
        """Raise GenotypeError, saying why, if the genotype does not belong to the space."""
        check_cells(genotype)
        for cell_type in CELL_TYPES:
            cell = genotype.cell(cell_type)
            self._check_edges(cell, cell_type)
            for node in self.nodes:
                if len(cell.inputs(node)) != self.edges_kept:
                    raise GenotypeError(
                        f"{cell_type} cell: node {node} has {len(cell.inputs(node))} edges; "
                        f"the space keeps {self.edges_kept} per node"
                    )
            if cell.concat != self.concat:
                raise GenotypeError(f"{cell_type} cell: concat is {cell.concat}; in the space it is {self.concat}")

    def architecture(self, choices: Mapping[str, str]) -> Genotype:
        """Return the genotype of these edges, in the order given; 'none' stands for an absent edge.

        It may have fewer edges than the genotypes of the space. Raises GenotypeError for edges or primitives that there
        are not.
        """
        chosen = chosen_edges(choices, self.options, self.edges)
        return Genotype(*(self._cell([e for e in chosen[kind] if e.primitive != NONE]) for kind in CELL_TYPES))

    def _derive_cell(self, mixture: Mapping[str, ArrayLike], cell_type: str) -> Cell:
        if cell_type not in mixture:
            raise SpaceError(f"no mixture for the {cell_type} cell; given: {list(mixture)}")
        shape, expected = np.shape(mixture[cell_type]), self.alpha_shapes[cell_type]
        if shape != expected:
            raise SpaceError(f"{cell_type} mixture has shape {shape}; expected {expected}")
        try:
            return discretize(
                mixture[cell_type],
                self.primitives,
                self.edges_kept,
                self.concat,
            )
        except SpaceError as error:
            raise SpaceError(f"{cell_type} cell: {error}") from None

    def _encode_cell(self, genotype: Genotype, cell_type: str) -> np.ndarray:
        cell = genotype.cell(cell_type)
        self._check_edges(cell, cell_type)
        rows = {edge: row for row, edge in enumerate(self.edges)}
        mixture = np.zeros(self.alpha_shapes[cell_type])
        if NONE in self.primitives:
            mixture[:, self.primitives.index(NONE)] = 1
        for primitive, source, node in cell.edges:
            row = rows[source, node]
            mixture[row] = 0
            mixture[row, self.primitives.index(primitive)] = 1
        return mixture

    def _check_edges(self, cell: Cell, cell_type: str) -> None:
        if cell.nodes.stop > self.nodes.stop:
            raise GenotypeError(
                f"{cell_type} cell: it has nodes up to {cell.nodes.stop - 1}; "
                f"the space has nodes {self.nodes.start} to {self.nodes.stop - 1}"
            )
        taken: dict[tuple[int, int], str] = {}
        for primitive, source, node in cell.edges:
            if primitive not in self.candidates:
                raise GenotypeError(f"{cell_type} cell: {unknown('primitive', primitive, self.candidates)}")
            if (source, node) in taken:
                raise GenotypeError(
                    f"{cell_type} cell: the edge from {source} to {node} holds two primitives, "
                    f"{taken[source, node]} and {primitive}; the space has one per edge"
                )
            taken[source, node] = primitive

    def _sample_cell(self, rng: np.random.Generator) -> Cell:
        edges = []
        for node in self.nodes:
            for source in sorted(rng.choice(node, self.edges_kept, replace=False)):
                primitive = self.candidates[rng.integers(len(self.candidates))]
                edges.append(Edge(primitive, int(source), node))
        return self._cell(edges)

    def _changes(self, genotype: Genotype) -> tuple[list[tuple[str, int, Edge]], list[tuple[str, int, Edge]]]:
        """All (cell type, position, new edge) that change a primitive, and that change a source."""
        by_primitive, by_source = [], []
        for cell_type in CELL_TYPES:
            cell = genotype.cell(cell_type)
            for position, edge in enumerate(cell.edges):
                place = (cell_type, position)
                taken = {other.source for other in cell.inputs(edge.node)}
                by_primitive += [
                    (*place, edge._replace(primitive=name)) for name in self.candidates if name != edge.primitive
                ]
                by_source += [
                    (*place, edge._replace(source=source)) for source in range(edge.node) if source not in taken
                ]
        return by_primitive, by_source

    def _cell(self, edges: tuple[Edge, ...] | list[Edge]) -> Cell:
        return Cell(tuple(edges), self.concat)

    def _checked_concat(self) -> tuple[int, ...]:
        if self.concat is None:
            return tuple(self.nodes)
        if not isinstance(self.concat, Iterable):
            raise SpaceError(f"concat must be a tuple of nodes or None, not {show(self.concat)}")
        try:
            concat = check_concat(self.concat)
        except GenotypeError as error:
            raise SpaceError(f"concat {show(self.concat)}: {error}") from None
        if max(concat) not in self.nodes:
            raise SpaceError(
                f"concat {show(self.concat)}: the space has nodes {self.nodes.start} to {self.nodes.stop - 1}"
            )
        return concat


def with_edge(genotype: Genotype, cell_type: str, position: int, edge: Edge) -> Genotype:
    """Return the genotype with another edge at a place of a cell's list."""
    cell = genotype.cell(cell_type)
    edges = (*cell.edges[:position], edge, *cell.edges[position + 1 :])
    return replace(genotype, **{cell_type: Cell(edges, cell.concat)})


DARTS_SPACE = CellSpace()
