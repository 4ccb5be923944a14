"""Cells whose edges have candidates of their own: a space of cells in which not all choices are there."""

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network
from dartsx.spaces.cell_checks import check_cells
from dartsx.spaces.cell_graph import CellGraph
from dartsx.spaces.cell_networks import open_network
from dartsx.spaces.cell_space import CellSpace, with_edge
from dartsx.spaces.discretize import num_edges
from dartsx.spaces.edge_decisions import chosen_edges, edge_decisions
from dartsx.spaces.errors import GenotypeError, SpaceError, unknown
from dartsx.spaces.genotype import CELL_TYPES, Cell, Edge, Genotype
from dartsx.spaces.primitives import DARTS, NONE, PRIMITIVES
from dartsx.spaces.scale import Scale

Rows = tuple[tuple[str, ...], ...]  # the names of every edge


@dataclass(frozen=True)
class RestrictedSpace:
    """Cells of DARTS's graph whose alphas have a row of as many columns for each edge's own names.

    Column k of row e weighs the k-th name of edge e, so that a method sees a small dense table;
    ``expand`` spreads it over all primitives for the supernet.

    Attributes:
      normal: names of every edge of the normal cell, as many for each; edges as in CellSpace.
      reduce: the same for the reduction cell.
      edges_kept: edges into each node of a derived cell.

    Raises SpaceError for numbers of edges that fit no cell, for ragged rows, unknown or repeated names.
    """

    normal: Rows
    reduce: Rows
    edges_kept: int = 2

    executor: ClassVar[str] = "cells"
    scale: ClassVar[Scale] = CellSpace.scale

    def __post_init__(self):
        rows = (*self.normal, *self.reduce)
        if len(self.normal) != len(self.reduce) or len({len(row) for row in rows}) != 1:
            raise SpaceError("both cells need a row for every edge, and all rows as many names")
        if any(len(set(row)) < len(row) for row in rows):
            raise SpaceError("an edge names a primitive more than once")
        if len(self.normal) != num_edges(self._num_nodes):
            raise SpaceError(f"{len(self.normal)} edges fit no cell; allowed: 2, 5, 9, 14, 20, ...")
        if any(set(row) == {NONE} for row in rows):
            raise SpaceError("an edge needs a primitive that is not 'none'")
        _ = self.cells  # checks the names

    @functools.cached_property
    def cells(self) -> CellSpace:
        """The space of cells with all primitives on all edges, of which this is a part."""
        used = {name for row in (*self.normal, *self.reduce) for name in row}
        order = [*DARTS, *(name for name in PRIMITIVES if name not in DARTS)]
        known = tuple(name for name in order if name in used)
        return CellSpace((*known, *sorted(used - set(known))), self._num_nodes, self.edges_kept)

    @property
    def primitives(self) -> tuple[str, ...]:
        """All primitives that some edge may have: the columns of expanded mixtures."""
        return self.cells.primitives

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(source, node) of every row of alpha."""
        return self.cells.edges

    @property
    def concat(self) -> tuple[int, ...]:
        """Nodes whose concatenation is a cell's output."""
        return self.cells.concat

    @property
    def num_edges(self) -> int:
        """Number of edges of one cell."""
        return self.cells.num_edges

    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]:
        """Shape [edges, names of an edge] of the alphas by cell type."""
        return dict.fromkeys(CELL_TYPES, (len(self.normal), len(self.normal[0])))

    @property
    def options(self) -> dict[str, Rows]:
        """Names of every edge, by cell type."""
        return {"normal": self.normal, "reduce": self.reduce}

    @property
    def decisions(self) -> dict[str, Decision]:
        """One for every edge, ``normal/0-2``."""
        return edge_decisions(self.options, self.edges)

    @property
    def graph(self) -> CellGraph:
        """What only spaces of cells have."""
        return self.cells.graph

    def expand(self, mixture: Mapping) -> dict:
        """Return mixtures [edges, primitives] with 0 for what an edge does not have; any array type."""
        spread = {kind: (mixture[kind][..., None] * self._places(kind)).sum(-2) for kind in CELL_TYPES}
        return {**mixture, **spread}

    def network(self, genotype: Genotype, scale: Scale | None = None) -> Network:
        """Return the description of the network that is retrained, as CellSpace does."""
        return self.cells.network(genotype, scale)

    def description(self, scale: Scale | None = None) -> Network:
        """Return the network of `network` with all edges left open, as CellSpace does."""
        return open_network(self.options, self.graph, scale or self.scale)

    def supernet_layers(self, scale: Scale | None = None, partial: int = 1, affine: bool = False) -> Network:
        """Return the layers of a supernet, which holds all primitives on all edges, as CellSpace does."""
        return self.cells.supernet_layers(scale, partial, affine)

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Genotype:
        """Return the genotype that the rule of DARTS keeps of the mixtures.

        Raises SpaceError for missing cell types, other shapes, or weights that are not finite.
        """
        for kind in CELL_TYPES:
            given = np.shape(mixture.get(kind, ()))
            if given != self.alpha_shapes[kind]:
                raise SpaceError(f"{kind} mixture has shape {given}; expected {self.alpha_shapes[kind]}")
        full = self.expand({kind: np.asarray(mixture[kind], np.float64) for kind in CELL_TYPES})
        # Below every weight, so that no edge gets a name that it does not have.
        lowest = min(0.0, *(np.min(rows) for rows in full.values())) - 1
        absent = {kind: ~self._places(kind).any(1) for kind in CELL_TYPES}
        return self.cells.derive({kind: np.where(absent[kind], lowest, full[kind]) for kind in CELL_TYPES})

    def encode(self, genotype: Genotype) -> dict[str, np.ndarray]:
        """Return mixtures of shape ``alpha_shapes`` that stand for the genotype, as CellSpace does.

        Raises GenotypeError for a primitive that its edge does not have.
        """
        check_cells(genotype)
        self._check_choices(genotype)
        full = self.cells.encode(genotype)
        return {kind: (full[kind][:, None] * self._places(kind)).sum(-1) for kind in CELL_TYPES}

    def count(self) -> int:
        """Return the number of genotypes."""
        return math.prod(len(self._options(kind, node)) for kind in CELL_TYPES for node in self.cells.nodes)

    def sample(self, rng: np.random.Generator) -> Genotype:
        """Draw a genotype uniformly from the space; edges of a node are listed by source."""
        return Genotype(*(self._sample_cell(kind, rng) for kind in CELL_TYPES))

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        """Return a genotype that differs in one edge's primitive or source, drawn uniformly.

        Raises GenotypeError if the genotype does not belong to the space, SpaceError if the space
        has no other genotype.
        """
        changes = self._changes(genotype)
        if not changes:
            raise SpaceError("no genotype of the space differs in one choice: nothing to mutate")
        return with_edge(genotype, *changes[rng.integers(len(changes))])

    def neighbours(self, genotype: Genotype, rng: np.random.Generator) -> list[Genotype]:
        """Return all genotypes that differ in one edge's primitive or source; nothing is drawn.

        Raises GenotypeError if the genotype does not belong to the space.
        """
        del rng
        return [with_edge(genotype, *change) for change in self._changes(genotype)]

    def validate(self, genotype: Genotype) -> None:
        """Raise GenotypeError, saying why, if the genotype does not belong to the space."""
        self.cells.validate(genotype)
        self._check_choices(genotype)

    def architecture(self, choices: Mapping[str, str]) -> Genotype:
        """Return the genotype of these edges, as CellSpace does."""
        chosen_edges(choices, self.options, self.edges)  # raises where an edge lacks the primitive
        return self.cells.architecture(choices)

    @property
    def _num_nodes(self) -> int:
        return next(nodes for nodes in itertools.count(1) if num_edges(nodes) >= len(self.normal))

    def _places(self, kind: str) -> np.ndarray:
        """Where column k of row e stands: bool [edges, names of an edge, primitives]."""
        names = np.array(self.options[kind])
        return names[..., None] == np.array(self.primitives)

    def _changes(self, genotype: Genotype) -> list[tuple[str, int, Edge]]:
        """All (cell type, position, new edge) that change one edge's primitive or source."""
        self.validate(genotype)
        changes = []
        for kind in CELL_TYPES:
            cell = genotype.cell(kind)
            for position, old in enumerate(cell.edges):
                kept = {edge.source for edge in cell.inputs(old.node)} - {old.source}
                for edge in self._candidates(kind, old.node):
                    same = (edge.source == old.source) + (edge.primitive == old.primitive)
                    if same == 1 and edge.source not in kept:
                        changes.append((kind, position, edge))
        return changes

    def _candidates(self, kind: str, node: int) -> list[Edge]:
        """All edges that may enter a node."""
        rows = zip(self.edges, self.options[kind], strict=True)
        return [Edge(name, s, n) for (s, n), names in rows if n == node for name in names if name != NONE]

    def _options(self, kind: str, node: int) -> list[tuple[Edge, ...]]:
        """All sets of edges with different sources that a node of a derived cell may have."""
        sets = itertools.combinations(self._candidates(kind, node), self.edges_kept)
        return [edges for edges in sets if len({edge.source for edge in edges}) == self.edges_kept]

    def _sample_cell(self, kind: str, rng: np.random.Generator) -> Cell:
        options = [self._options(kind, node) for node in self.cells.nodes]
        edges = [edge for node in options for edge in node[rng.integers(len(node))]]
        return Cell(tuple(edges), self.concat)

    def _check_choices(self, genotype: Genotype) -> None:
        for kind in CELL_TYPES:
            names = dict(zip(self.edges, self.options[kind], strict=True))
            for edge in genotype.cell(kind).edges:
                allowed = names.get((edge.source, edge.node), ())
                if edge.primitive not in allowed:
                    raise GenotypeError(
                        f"{kind} cell, edge from {edge.source} to {edge.node}: "
                        f"{unknown('primitive', edge.primitive, allowed)}"
                    )
