"""From cells to networks: the descriptions of what is retrained, and of a supernet's layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dartsx.networks import Network
from dartsx.networks.blocks.candidates import CANDIDATES, Make, on_edge
from dartsx.networks.blocks.cell_graph import CellDesign, EdgeDesign
from dartsx.networks.darts import stack
from dartsx.networks.layers import Zero
from dartsx.networks.nb201 import staged
from dartsx.networks.open.choice import Choice
from dartsx.spaces.cell_graph import CellGraph, edge_name
from dartsx.spaces.errors import SpaceError, unknown
from dartsx.spaces.genotype import CELL_TYPES, Edge, Genotype
from dartsx.spaces.primitives import NONE
from dartsx.spaces.scale import Scale
from dartsx.spaces.topology import Topology

Blocks = Mapping[str, Make]
"""A user's own primitives: name -> (channels, stride) -> a block of `dartsx.networks`."""


def makers(names: Iterable[str], blocks: Blocks) -> dict[str, Make]:
    """What makes the blocks of primitives; of 'none' nothing does.

    Raises SpaceError that names a primitive of a user's own whose block is not known.
    """
    own = {name: on_edge(make) for name, make in blocks.items()}
    table = CANDIDATES | own
    chosen = [name for name in dict.fromkeys(names) if name != NONE]
    for name in chosen:
        if name not in table:
            raise SpaceError(
                f"{unknown('primitive', name, table)}; a network needs the block of every primitive: give the space "
                f"blocks={{{name!r}: (channels, stride) -> block}}"
            )
    return {name: table[name] for name in chosen}


def design(edges: Iterable[Edge], concat: tuple[int, ...], blocks: Blocks, full_names: bool = False) -> CellDesign:
    """The cell of these edges, all of them together; 'none' is no edge.

    Steps of an edge are named ``source-node``; where several primitives share it, or with `full_names`,
    ``source-node/primitive``.
    """
    edges = [edge for edge in edges if edge.primitive != NONE]
    made = makers((edge.primitive for edge in edges), blocks)
    shared = Counter((edge.source, edge.node) for edge in edges)

    def name(edge: Edge) -> str:
        ends = f"{edge.source}-{edge.node}"
        return f"{ends}/{edge.primitive}" if full_names or shared[edge.source, edge.node] > 1 else ends

    return CellDesign(tuple(EdgeDesign(name(e), e.source, e.node, made[e.primitive]) for e in edges), concat)


def genotype_network(genotype: Genotype, scale: Scale, blocks: Blocks) -> Network:
    """The network that is retrained (arXiv:1806.09055, sections 3.2 and 3.3)."""
    cells = {kind: design(genotype.cell(kind).edges, genotype.cell(kind).concat, blocks) for kind in CELL_TYPES}
    return stacked(cells, scale)


def topology_network(topology: Topology, scale: Scale, blocks: Blocks) -> Network:
    """The network in which NAS-Bench-201 trains a topology."""
    return in_stages(design(topology.edges, (topology.output,), blocks), scale)


def candidates(
    primitives: Iterable[str], edges: Iterable[tuple[int, int]], concat: tuple[int, ...], blocks: Blocks
) -> CellDesign:
    """All candidates on all edges of a supernet's cell, each added to its node.

    What edges share is there on every edge. The weights that mix candidates are not part of it.
    """
    return design([Edge(name, *ends) for ends in edges for name in primitives], concat, blocks, True)


def opened(
    cell_type: str,
    rows: Iterable[tuple[str, ...]],
    edges: Iterable[tuple[int, int]],
    concat: tuple[int, ...],
    blocks: Blocks,
) -> CellDesign:
    """The cell whose edges leave open which of their candidates, a row for each edge, they hold.

    The decisions are those of the space, such as ``normal/0-2``. Closed, it is the cell of an architecture that has
    all these edges, with 'none' written down as zeros; a mixture whose row is 0 leaves the edge out.
    """

    def left_open(edge: tuple[int, int], names: tuple[str, ...]) -> Make:
        made = makers(names, blocks)

        def make(channels: int, stride: int) -> Choice:
            held = {name: Zero(stride) if name == NONE else made[name](channels, stride) for name in names}
            return Choice(edge_name(cell_type, *edge), held)

        return make

    named = (
        EdgeDesign(f"{edge[0]}-{edge[1]}", *edge, left_open(edge, row)) for edge, row in zip(edges, rows, strict=True)
    )
    return CellDesign(tuple(named), concat)


def open_network(options: Mapping[str, Iterable[tuple[str, ...]]], graph: CellGraph, scale: Scale) -> Network:
    """DARTS's network with all edges left open; `options` are those of the space, by cell type."""
    cells = {kind: opened(kind, rows, graph.edges, graph.concat, graph.blocks) for kind, rows in options.items()}
    return stacked(cells, scale)


def stacked(cells: Mapping[str, CellDesign], scale: Scale, **options: Any) -> Network:
    """DARTS's network of these cells; `options` as in `dartsx.networks.darts.stack`."""
    sizes = {name: getattr(scale, name) for name in ("channels", "layers", "classes", "stem", "stem_multiplier")}
    return stack(cells, **sizes, auxiliary=scale.auxiliary, image_size=scale.image_size, **options)


def in_stages(cell: CellDesign, scale: Scale, **options: Any) -> Network:
    """NAS-Bench-201's network of this cell; `options` as in `dartsx.networks.nb201.staged`."""
    return staged(cell, scale.channels, scale.layers, scale.classes, image_size=scale.image_size or 32, **options)
