"""Genotypes: the two cells, normal and reduction, that a search derives or a paper publishes.

In a cell, nodes 0 and 1 are the outputs of the two cells before it; nodes 2, 3, ... are the
intermediate nodes. A node is the sum of its edges; the cell's output is the concatenation of the
nodes in ``concat``.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from dartsx.spaces.cell_graph import edge_name
from dartsx.spaces.errors import GenotypeError, show, unknown
from dartsx.spaces.primitives import NONE

SCHEMA = 1
CELL_TYPES = ("normal", "reduce")
PER_NODE = 2
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

    Raises GenotypeError for names that no primitive can have, 'none' edges (leave those out), sources that do not lie
    before their node, and concat nodes that repeat or are no intermediate nodes. Which primitives there are is up to a
    space.
    """

    edges: tuple[Edge, ...]
    concat: tuple[int, ...]

    num_inputs: ClassVar[int] = NUM_INPUTS

    def __post_init__(self):
        edges = [_checked_edge(position, edge) for position, edge in enumerate(_sequence(self.edges, "edges"))]
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

    def entries(self) -> list[tuple]:
        """The edges as published: pairs (primitive, source) if every node has two, else (primitive, node, source)."""
        if all(len(self.inputs(node)) == PER_NODE for node in self.nodes):
            return [(edge.primitive, edge.source) for edge in self.edges]
        return [(edge.primitive, edge.node, edge.source) for edge in self.edges]


@dataclass(frozen=True)
class Genotype:
    """A normal cell and a reduction cell (stride 2 on its edges from nodes 0 and 1)."""

    normal: Cell
    reduce: Cell

    executor: ClassVar[str] = "cells"

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

    @property
    def cells(self) -> dict[str, Cell]:
        """Both, by type."""
        return {cell_type: self.cell(cell_type) for cell_type in CELL_TYPES}

    @property
    def choices(self) -> dict[str, str]:
        """``{"normal/0-2": "sep_conv_3x3", ...}``; of two primitives on one edge ``a+b``, absent edges left out."""
        choices: dict[str, str] = {}
        for cell_type, cell in self.cells.items():
            for edge in cell.edges:
                name = edge_name(cell_type, edge.source, edge.node)
                choices[name] = f"{choices[name]}+{edge.primitive}" if name in choices else edge.primitive
        return choices

    def document(self) -> dict[str, Any]:
        """The entries of the classic text and the concat nodes of both cells."""
        document: dict[str, Any] = {"schema": SCHEMA}
        for cell_type, cell in self.cells.items():
            document[cell_type] = [list(entry) for entry in cell.entries()]
            document[f"{cell_type}_concat"] = list(cell.concat)
        return document

    def __str__(self) -> str:
        """The classic text, on one line."""
        fields = []
        for cell_type, cell in self.cells.items():
            fields.append(f"{cell_type}={cell.entries()!r}")
            fields.append(f"{cell_type}_concat={concat_text(cell.concat)}")
        return f"Genotype({', '.join(fields)})"


def check_name(name: Any) -> str:
    """Return ``name`` if a primitive may be called so, else raise GenotypeError."""
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise GenotypeError(f"a primitive's name has letters, digits and _: got {show(name)}")
    return name


def check_primitive(name: Any) -> str:
    """Return ``name`` if an edge may have it, else raise GenotypeError."""
    if name == NONE:
        raise GenotypeError(
            "'none' stands for the absence of an edge: leave the edge out "
            "(edges written as (primitive, node, source) may be any number per node)"
        )
    return check_name(name)


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


def concat_text(concat: tuple[int, ...]) -> str:
    """Concat nodes as published: ``range(2, 6)``, or a list where they are no range."""
    run = range(concat[0], concat[0] + len(concat))
    return f"range({run.start}, {run.stop})" if concat == tuple(run) else repr(list(concat))


def _checked_edge(position: int, edge: Any) -> Edge:
    try:
        primitive, source, node = _sequence(edge, "an edge")
        node = check_node(node)
        return Edge(check_primitive(primitive), check_source(source, node), node)
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
