"""What is known of spaces of cells and of no others: methods that need it ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dartsx.networks.blocks.candidates import Make
from dartsx.spaces.errors import SpaceError


@dataclass(frozen=True)
class CellGraph:
    """The graph of a cell.

    Attributes:
      primitives: names of all candidates, the columns of expanded mixtures.
      edges: (source, node) of the rows of every table, by node, inside a node by source.
      concat: nodes whose concatenation is a cell's output.
      kept: edges into each node of a derived cell, or None where every edge is kept ('none' among its candidates).
      blocks: what primitives of a user's own are, by name.
    """

    primitives: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    concat: tuple[int, ...]
    kept: int | None
    blocks: Mapping[str, Make] = field(default_factory=dict, hash=False)

    @property
    def nodes(self) -> tuple[int, ...]:
        """Nodes that edges enter."""
        return tuple(dict.fromkeys(node for _, node in self.edges))


def edge_name(cell_type: str, source: int, node: int) -> str:
    """Name of the decision of an edge, such as ``normal/0-2``."""
    return f"{cell_type}/{source}-{node}"


def needed(graph: CellGraph | None, what: str) -> CellGraph:
    """The graph; raises SpaceError that names what needs it where the space has none."""
    if graph is None:
        raise SpaceError(f"{what} needs a space of cells; this one has decisions, but no edges and nodes")
    return graph
