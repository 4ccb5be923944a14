"""Topologies: cells with one input in which every edge holds one primitive, as NAS-Bench-201 has them.

Node 0 is the input, nodes 1, 2, ... are sums of their edges, the last one is the output. The
architecture string lists the edges by node, ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+...``:
between two ``+`` stand the edges of one node as ``primitive~source`` (arXiv:2001.00326).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from dartsx.spaces.cell_graph import edge_name
from dartsx.spaces.errors import GenotypeError, show
from dartsx.spaces.genotype import SCHEMA, Edge, check_name
from dartsx.spaces.primitives import NONE, SKIP

CELL = "normal"  # the one searched cell; what reduces between the stages is fixed
TOPOLOGY = "topology"
MAX_CHARACTERS = 100_000
_EDGE = re.compile(r"([A-Za-z0-9_]+)~([0-9]{1,3})", re.ASCII)


@dataclass(frozen=True)
class Topology:
    """A directed acyclic graph of primitives from node 0 to the last node.

    Attributes:
      edges: sorted by node and inside a node by source; 'none' stands for an edge that passes nothing.

    Raises GenotypeError for names that no primitive can have, nodes without edges, sources that do not lie before
    their node, and edges that are given twice.
    """

    edges: tuple[Edge, ...]

    num_inputs: ClassVar[int] = 1
    executor: ClassVar[str] = "topology"

    def __post_init__(self):
        try:
            edges = sorted((Edge(*edge) for edge in self.edges), key=lambda edge: (edge.node, edge.source))
        except TypeError:
            raise GenotypeError(f"edges must be (primitive, source, node), not {show(self.edges)}") from None
        for edge in edges:
            check_name(edge.primitive)
        check_edges(tuple((edge.source, edge.node) for edge in edges), GenotypeError)
        object.__setattr__(self, "edges", tuple(edges))

    @property
    def output(self) -> int:
        """The last node."""
        return self.edges[-1].node

    @property
    def concat(self) -> tuple[int, ...]:
        """The output."""
        return (self.output,)

    @property
    def cells(self) -> dict[str, "Topology"]:
        """The one searched cell."""
        return {CELL: self}

    @property
    def choices(self) -> dict[str, str]:
        """``{"normal/0-1": "nor_conv_3x3", ...}``, 'none' included."""
        return {edge_name(CELL, edge.source, edge.node): edge.primitive for edge in self.edges}

    def document(self) -> dict[str, Any]:
        """``{"schema": 1, "topology": architecture string}``."""
        return {"schema": SCHEMA, TOPOLOGY: str(self)}

    def inputs(self, node: int) -> tuple[Edge, ...]:
        """Edges that enter ``node``, by source."""
        return tuple(edge for edge in self.edges if edge.node == node)

    def count(self, primitive: str) -> int:
        """Number of edges that hold the primitive."""
        return sum(edge.primitive == primitive for edge in self.edges)

    def __str__(self) -> str:
        groups = groupby(self.edges, key=lambda edge: edge.node)
        nodes = ("|".join(f"{edge.primitive}~{edge.source}" for edge in node) for _, node in groups)
        return "+".join(f"|{node}|" for node in nodes)

    def canonical(self) -> str:
        """Return a text that is the same for all topologies which the benchmark holds for isomorphic.

        Its rule (NAS-Bench-201, section 2): an edge passes nothing if it holds 'none' or its source
        gets nothing, a skip connection is its source itself, the order inside a sum is of no account. Edges that pass
        nothing still count as terms, as in the benchmark: of 15,625 cells 6,466 differ.
        """
        texts = {0: "0"}
        for node in range(1, self.output + 1):
            texts[node] = "+".join(sorted(_term(edge, texts[edge.source]) for edge in self.inputs(node)))
        return texts[self.output]


def check_edges(edges: Sequence[tuple[int, int]], error: type[ValueError]) -> None:
    """Raise ``error`` unless these (source, node), sorted by node, connect node 0 with all others."""
    if not edges:
        raise error("no edges; a topology needs at least one")
    for source, node in edges:
        if type(source) is not int or type(node) is not int or not 0 <= source < node:
            raise error(f"edge {show((source, node))}: a source is an integer from 0 to below its node")
    if len(set(edges)) < len(edges):
        raise error(f"an edge is given twice: {show(edges)}")
    missing = set(range(1, edges[-1][1] + 1)) - {node for _, node in edges}
    if missing:
        raise error(f"no edge enters node {min(missing)}; each of 1 to {edges[-1][1]} needs one")


def topology_from_string(text: str, *, origin: str = "architecture string") -> Topology:
    """Read an architecture string; ``str(topology)`` writes it.

    Raises GenotypeError that names what is wrong and where.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARACTERS:
        raise GenotypeError(f"{origin}: expected a text such as |skip_connect~0|, not {show(text)}")
    edges = []
    for node, group in enumerate(text.strip().split("+"), start=1):
        if len(group) < 2 or group[0] != "|" or group[-1] != "|":
            raise GenotypeError(f"{origin}, node {node}: {show(group)} does not stand between two |")
        for entry in group[1:-1].split("|"):
            match = _EDGE.fullmatch(entry)
            if not match:
                raise GenotypeError(f"{origin}, node {node}: {show(entry)} is not primitive~source")
            edges.append(Edge(match[1], int(match[2]), node))
    try:
        return Topology(tuple(edges))
    except GenotypeError as error:
        raise GenotypeError(f"{origin}: {error}") from None


def _term(edge: Edge, source: str) -> str:
    if edge.primitive == NONE or source == "#":
        return "#"
    return source if edge.primitive == SKIP else f"({source})@{edge.primitive}"
