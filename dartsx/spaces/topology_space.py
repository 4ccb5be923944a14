"""The space of topologies: a fixed graph with one input, one primitive chosen for every edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network
from dartsx.spaces.cell_checks import check_primitives, with_own
from dartsx.spaces.cell_graph import CellGraph
from dartsx.spaces.cell_networks import Blocks, candidates, in_stages, opened, topology_network
from dartsx.spaces.edge_decisions import chosen_edges, edge_decisions
from dartsx.spaces.errors import GenotypeError, SpaceError, unknown
from dartsx.spaces.genotype import Edge
from dartsx.spaces.scale import NB201, Scale
from dartsx.spaces.topology import CELL, Topology, check_edges


@dataclass(frozen=True)
class TopologySpace:
    """Cells of a graph whose edges each choose among the same primitives, 'none' included.

    Attributes:
      primitives: candidates of every edge, in the order of the columns of alpha.
      edges: (source, node) of every row of alpha; node 0 is the input, the last node the output.
      custom_primitives: names allowed in ``primitives`` besides PRIMITIVES.
      blocks: what primitives of your own are, as in CellSpace.

    Raises SpaceError for unknown primitives, edges that are not sorted by node and source, and
    nodes that nothing enters.
    """

    primitives: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    custom_primitives: tuple[str, ...] = ()
    blocks: Blocks = field(default_factory=dict, hash=False)

    scale: ClassVar[Scale] = NB201
    """Scale of a network, unless another is given."""

    executor: ClassVar[str] = "topology"

    def __post_init__(self):
        check_primitives(self.primitives, self.custom_primitives, self.blocks)
        object.__setattr__(self, "custom_primitives", with_own(self.custom_primitives, self.blocks))
        object.__setattr__(self, "primitives", tuple(self.primitives))
        object.__setattr__(self, "edges", tuple(tuple(edge) for edge in self.edges))
        check_edges(self.edges, SpaceError)
        if list(self.edges) != sorted(self.edges, key=lambda edge: edge[::-1]):
            raise SpaceError(f"edges must be sorted by node, then source: {self.edges}")

    @property
    def graph(self) -> CellGraph:
        """What only spaces of cells have; every edge is kept."""
        return CellGraph(self.primitives, self.edges, self.concat, None, self.blocks)

    @property
    def concat(self) -> tuple[int, ...]:
        """The nodes that make up a cell's output: the last one."""
        return (self.edges[-1][1],)

    @property
    def num_edges(self) -> int:
        """Number of edges of a cell."""
        return len(self.edges)

    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]:
        """Shape [edges, primitives] of the alphas of the one cell that is searched."""
        return {CELL: (len(self.edges), len(self.primitives))}

    @property
    def options(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The primitives of every edge."""
        return {CELL: (self.primitives,) * len(self.edges)}

    @property
    def decisions(self) -> dict[str, Decision]:
        """One for every edge, ``normal/0-1``."""
        return edge_decisions(self.options, self.edges)

    def architecture(self, choices: Mapping[str, str]) -> Topology:
        """Return the topology of these choices; raises GenotypeError if they do not belong to the space."""
        topology = Topology(tuple(chosen_edges(choices, self.options, self.edges)[CELL]))
        self.validate(topology)
        return topology

    def expand(self, mixture: Mapping) -> Mapping:
        """Return the mixtures over all ``primitives``: here the mixtures themselves."""
        return mixture

    def network(self, topology: Topology, scale: Scale | None = None) -> Network:
        """Return the description of the network that is retrained, of any topology.

        Raises GenotypeError for what has other cells, SpaceError for a primitive whose block is not known, by name.
        """
        if tuple(topology.cells) != (CELL,):
            given = f"cells {', '.join(topology.cells)}" if topology.cells else "no cells"
            raise GenotypeError(f"the space has topologies of one cell; this one has {given}")
        return topology_network(topology, scale or self.scale, self.blocks)

    def description(self, scale: Scale | None = None) -> Network:
        """Return the network of `network` with the primitive of every edge left open."""
        cell = opened(CELL, self.options[CELL], self.edges, self.concat, self.blocks)
        return in_stages(cell, scale or self.scale)

    def supernet_layers(self, scale: Scale | None = None, partial: int = 1, affine: bool = False) -> Network:
        """Return the layers of a supernet: all candidates on all edges, each on one in ``partial`` channels.

        Its batch norms inside of cells have no scale and bias unless ``affine``.
        """
        cell = candidates(self.primitives, self.edges, self.concat, self.blocks)
        return in_stages(cell, scale or self.scale, affine=affine, partial=partial)

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Topology:
        """Return the topology of the largest weights, edge by edge, 'none' among them.

        Args:
          mixture: cell type -> weights of shape ``alpha_shapes``. Ties go to the lower column.

        Raises SpaceError for missing cell types, other shapes, or weights that are not finite.
        """
        if CELL not in mixture:
            raise SpaceError(f"no mixture for the {CELL} cell; given: {list(mixture)}")
        weights = np.asarray(mixture[CELL], np.float64)
        if weights.shape != self.alpha_shapes[CELL]:
            raise SpaceError(f"{CELL} mixture has shape {weights.shape}; expected {self.alpha_shapes[CELL]}")
        if not np.isfinite(weights).all():
            raise SpaceError(f"{CELL} mixture holds {weights[~np.isfinite(weights)][0]}")
        return self._topology(weights.argmax(1))

    def encode(self, genotype: Topology) -> dict[str, np.ndarray]:
        """Return the one-hot mixture, float64 of shape ``alpha_shapes``; ``derive`` reads it back.

        Raises GenotypeError if the topology does not belong to the space.
        """
        self.validate(genotype)
        columns = [self.primitives.index(primitive) for primitive in genotype.choices.values()]
        return {CELL: np.eye(len(self.primitives))[columns]}

    def count(self) -> int:
        """Return the number of topologies, isomorphic ones counted apart: primitives ** edges."""
        return len(self.primitives) ** len(self.edges)

    def sample(self, rng: np.random.Generator) -> Topology:
        """Draw a topology uniformly."""
        return self._topology(rng.integers(len(self.primitives), size=len(self.edges)))

    def mutate(self, genotype: Topology, rng: np.random.Generator) -> Topology:
        """Return a topology that differs in the primitive of one edge, drawn uniformly.

        Raises GenotypeError if the topology does not belong to the space, SpaceError if the space
        has no other one.
        """
        columns = self.encode(genotype)[CELL].argmax(1)
        if len(self.primitives) == 1:
            raise SpaceError("the space has one topology only: nothing to mutate")
        columns[rng.integers(len(columns))] += rng.integers(1, len(self.primitives))
        return self._topology(columns % len(self.primitives))

    def neighbours(self, genotype: Topology, rng: np.random.Generator) -> list[Topology]:
        """Return all topologies that differ in the primitive of one edge; nothing is drawn.

        Raises GenotypeError if the topology does not belong to the space.
        """
        del rng
        columns = self.encode(genotype)[CELL].argmax(1)
        changes = [(e, c) for e, old in enumerate(columns) for c in range(len(self.primitives)) if c != old]
        return [self._topology([*columns[:edge], column, *columns[edge + 1 :]]) for edge, column in changes]

    def validate(self, genotype: Topology) -> None:
        """Raise GenotypeError, saying why, if the topology does not belong to the space."""
        choices, names = genotype.choices, list(self.decisions)
        if list(choices) != names:
            raise GenotypeError(
                f"the space has topologies with the edges {', '.join(names)}, not {', '.join(choices) or 'none'}"
            )
        for primitive in choices.values():
            if primitive not in self.primitives:
                raise GenotypeError(unknown("primitive", primitive, self.primitives))

    def _topology(self, columns: ArrayLike) -> Topology:
        names = (self.primitives[column] for column in columns)
        edges = (Edge(name, *edge) for name, edge in zip(names, self.edges, strict=True))
        return Topology(tuple(edges))
