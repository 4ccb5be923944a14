"""Genotypes: the two cells, normal and reduction, that a search derives or a paper publishes.

In a cell, nodes 0 and 1 are the outputs of the two cells before it; nodes 2, 3, ... are the
intermediate nodes. A node is the sum of its edges; the cell's output is the concatenation of the
nodes in ``concat``.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from typing import Any, NamedTuple

from dartsx.spaces.errors import GenotypeError, show, unknown
from dartsx.spaces.primitives import NONE, PRIMITIVES

CELL_TYPES = ("normal", "reduce")
NUM_INPUTS = 2
MAX_NODE = 999
"""Highest node index that a cell may have: a bound for damaged or hostile input."""

_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


class Edge(NamedTuple):
    """``primitive`` applied to node ``source`` and added to intermediate node ``node``."""

    primitive: str
    source: int
    node: int


@dataclass(frozen=True)
class Cell:
    """A directed acyclic graph of primitives; any number of edges, none included, per node.

    Attributes:
      edges: the edges, in the order of their nodes; inside a node in the order given, which for a
        derived cell is strongest first. Edges given out of node order are sorted (stably).
      concat: the intermediate nodes whose concatenation is the output.
      custom_primitives: at construction only: names allowed besides PRIMITIVES.

    Raises GenotypeError for unknown primitives, 'none' edges (leave those out), sources that do
    not lie before their node, and concat nodes that repeat or are no intermediate nodes.
    """

    edges: tuple[Edge, ...]
    concat: tuple[int, ...]
    custom_primitives: InitVar[Iterable[str]] = ()

    def __post_init__(self, custom_primitives: Iterable[str]):
        allowed = allowed_primitives(custom_primitives)
        edges = [_checked_edge(position, edge, allowed) for position, edge in enumerate(_sequence(self.edges, "edges"))]
        edges.sort(key=lambda edge: edge.node)
        object.__setattr__(self, "edges", tuple(edges))
        object.__setattr__(self, "concat", check_concat(_sequence(self.concat, "concat")))

    @property
    def nodes(self) -> range:
        """Intermediate nodes: 2 up to the highest that an edge or ``concat`` names."""
        last = max([*self.concat, *(edge.node for edge in self.edges)])
        return range(NUM_INPUTS, last + 1)

    def inputs(self, node: int) -> tuple[Edge, ...]:
        """Edges that enter ``node``, in the order of the cell."""
        return tuple(edge for edge in self.edges if edge.node == node)


@dataclass(frozen=True)
class Genotype:
    """A normal cell and a reduction cell (stride 2 on its edges from nodes 0 and 1)."""

    normal: Cell
    reduce: Cell

    def __post_init__(self):
        for cell_type in CELL_TYPES:
            cell = getattr(self, cell_type)
            if not isinstance(cell, Cell):
                raise GenotypeError(f"{cell_type} must be a Cell, not {show(cell)}")

    def cell(self, cell_type: str) -> Cell:
        """Return the cell named ``cell_type``: 'normal' or 'reduce'."""
        if cell_type not in CELL_TYPES:
            raise GenotypeError(unknown("cell type", cell_type, CELL_TYPES))
        return getattr(self, cell_type)


def allowed_primitives(custom_primitives: Iterable[str] = ()) -> tuple[str, ...]:
    """Names that an edge may have: PRIMITIVES but 'none', and the custom ones."""
    if isinstance(custom_primitives, str) or not isinstance(custom_primitives, Iterable):
        raise GenotypeError(f"custom_primitives must be a tuple, not {show(custom_primitives)}")
    custom = tuple(custom_primitives)
    for name in custom:
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise GenotypeError(f"a primitive's name has letters, digits and _: got {show(name)}")
    known = (name for name in PRIMITIVES if name != NONE)
    return tuple(dict.fromkeys((*known, *custom)))


def check_primitive(name: Any, allowed: Sequence[str]) -> str:
    """Return ``name`` if an edge may have it, else raise GenotypeError."""
    if name == NONE and NONE not in allowed:
        raise GenotypeError(
            "'none' stands for the absence of an edge: leave the edge out "
            "(edges written as (primitive, node, source) may be any number per node)"
        )
    if not isinstance(name, str) or name not in allowed:
        raise GenotypeError(unknown("primitive", name, allowed))
    return name


def check_node(node: Any) -> int:
    """Return ``node`` as an int if it is the index of an intermediate node."""
    index = _index(node, "a node")
    if not NUM_INPUTS <= index <= MAX_NODE:
        raise GenotypeError(f"node {show(index)} is no intermediate node; those are {NUM_INPUTS} to {MAX_NODE}")
    return index


def check_source(source: Any, node: int) -> int:
    """Return ``source`` as an int if it lies before ``node``, so that cells are acyclic."""
    index = _index(source, "a source")
    if not 0 <= index < node:
        raise GenotypeError(f"source {show(index)} is not allowed for node {node}; allowed: 0 to {node - 1}")
    return index


def check_concat(concat: Iterable[Any]) -> tuple[int, ...]:
    """Return ``concat`` as ints if it names at least one node, and none twice."""
    nodes = tuple(check_node(node) for node in concat)
    if not nodes:
        raise GenotypeError("concat is empty; a cell's output needs at least one node")
    repeated = [node for node, times in Counter(nodes).items() if times > 1]
    if repeated:
        raise GenotypeError(f"concat names the same node more than once: {show(repeated)}")
    return nodes


def _checked_edge(position: int, edge: Any, allowed: Sequence[str]) -> Edge:
    try:
        primitive, source, node = _sequence(edge, "an edge")
        node = check_node(node)
        return Edge(check_primitive(primitive, allowed), check_source(source, node), node)
    except ValueError as error:
        detail = error if isinstance(error, GenotypeError) else "expected (primitive, source, node)"
        raise GenotypeError(f"edge {position}, {show(edge)}: {detail}") from None


def _sequence(values: Any, what: str) -> tuple:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise GenotypeError(f"{what} must be a sequence, not {show(values)}")
    return tuple(values)


def _index(value: Any, what: str) -> int:
    # Booleans are integers to Python; NumPy's integers are not, but have __index__.
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise GenotypeError(f"{what} must be an integer, not {show(value)}")
    try:
        return value.__index__()
    except TypeError:
        raise GenotypeError(f"{what} must be an integer, not {show(value)}") from None
