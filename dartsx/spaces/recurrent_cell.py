"""Recurrent cells: for every node one activation and one earlier node that it reads (arXiv:1806.09055, section 2.1).

Node 0 is the state that the cell makes of its input and of the state before it; nodes 1, 2, ... are the intermediate
nodes. The cell's output, which is its next state, is the mean of the nodes in ``concat``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dartsx.spaces.cell_graph import edge_name
from dartsx.spaces.entries import Fail, Spot, located
from dartsx.spaces.errors import GenotypeError, show
from dartsx.spaces.genotype import MAX_NODE, SCHEMA, Edge, check_name, check_source, concat_text

RECURRENT = "recurrent"  # the one cell type, and the field of texts and documents
RECURRENT_FIELDS = (RECURRENT, "concat")


@dataclass(frozen=True)
class RecurrentCell:
    """What a node computes is its edge: ``state + gate * (activation(candidate) - state)`` of its source's state.

    Attributes:
      edges: (activation, source, node), exactly one for each of the nodes 1, 2, ..., kept in this order.
      concat: the nodes whose mean is the output.

    Raises GenotypeError for nodes without an edge or with several, sources that do not lie before their node, and
    concat nodes that repeat or that there are not.
    """

    edges: tuple[Edge, ...]
    concat: tuple[int, ...]

    num_inputs: ClassVar[int] = 1
    executor: ClassVar[str] = "recurrent"

    def __post_init__(self):
        edges = tuple(sorted((Edge(*edge) for edge in self.edges), key=lambda edge: edge.node))
        if [edge.node for edge in edges] != list(range(1, len(edges) + 1)) or not 1 <= len(edges) <= MAX_NODE:
            raise GenotypeError(
                f"a recurrent cell has one edge into each of its nodes 1, 2, ...; given {show(self.edges)}"
            )
        for edge in edges:
            check_name(edge.primitive)
            check_source(edge.source, edge.node)
        concat = tuple(self.concat)
        if not concat or len(set(concat)) < len(concat) or not set(concat) <= set(range(1, len(edges) + 1)):
            raise GenotypeError(
                f"concat {show(concat)}: allowed are different nodes from 1 to {len(edges)}, at least one"
            )
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "concat", concat)

    @property
    def cells(self) -> dict[str, "RecurrentCell"]:
        """The one cell."""
        return {RECURRENT: self}

    @property
    def choices(self) -> dict[str, str]:
        """``{"recurrent/0-1": "tanh", ...}``, absent edges left out."""
        return {edge_name(RECURRENT, edge.source, edge.node): edge.primitive for edge in self.edges}

    def document(self) -> dict[str, Any]:
        """``{"schema": 1, "recurrent": [[activation, source], ...], "concat": [1, ...]}``."""
        entries = [[edge.primitive, edge.source] for edge in self.edges]
        return {"schema": SCHEMA, RECURRENT: entries, "concat": list(self.concat)}

    def __str__(self) -> str:
        entries = [(edge.primitive, edge.source) for edge in self.edges]
        return f"Genotype(recurrent={entries!r}, concat={concat_text(self.concat)})"


def build_recurrent_cell(fields: Mapping[str, Spot], fail: Fail) -> RecurrentCell:
    """Build the cell from the spots of its two fields; ``fail`` is called with the place of whatever is wrong."""
    entries, concat = (fields[name] for name in RECURRENT_FIELDS)
    edges = []
    for node, entry in enumerate(entries.value, start=1):
        if not isinstance(entry.value, list) or len(entry.value) != 2:
            fail(entry.where, "an entry is a pair (activation, source)")
        activation, source = entry.value
        with located(activation.where, fail):
            check_name(activation.value)
        with located(source.where, fail):
            edges.append(Edge(activation.value, check_source(source.value, node), node))
    with located(concat.where, fail):
        return RecurrentCell(tuple(edges), tuple(spot.value for spot in concat.value))
