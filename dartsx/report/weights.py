"""By which weights a search derives: tables by group (a cell type, or all decisions), by epoch, with names for rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log
from pathlib import Path
from statistics import fmean
from typing import Any

from dartsx.report.errors import RunError
from dartsx.report.files import json_lines
from dartsx.report.svg import node_name
from dartsx.spaces import DARTS, SPACES, Architecture, CellSpace

Matrix = tuple[tuple[float, ...], ...]
TITLES = {"normal": "normal cell", "reduce": "reduction cell"}


@dataclass(frozen=True)
class Row:
    """A decision of a group.

    Attributes:
        name: the decision.
        label: its name as it is drawn.
        options: labels of its options, of which the table may have more columns.
        ends: source and node, where it is an edge of a cell.
    """

    name: str
    label: str
    options: tuple[str, ...]
    ends: tuple[int, int] | None = None

    @property
    def formula(self) -> str:
        """The label with the names of a cell's inputs set as formulas."""
        return " ".join(f"${word}$" if word.startswith("c_") else word for word in self.label.split())


@dataclass(frozen=True)
class Group:
    """A table of weights by epoch.

    Attributes:
        name: name of the table in the logs.
        title: title as it is drawn.
        rows: what the rows decide.
        weights: [rows][columns] of every logged epoch; rows need not sum to 1.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    weights: tuple[Matrix, ...]


def read_weights(
    workdir: Path, decisions: Mapping[str, Any] | None, config: Mapping[str, Any], architecture: Architecture
) -> tuple[tuple[int, ...], tuple[Group, ...]]:
    """The logged epochs, and the groups with their weights in each of them.

    Runs of earlier versions logged alphas only, and not what their rows decide: their weights are the softmax of the
    alphas, and edges and primitives follow from the genotype and the config.

    Raises:
        RunError: a log is damaged, or its tables fit no graph.
    """
    epochs, tables = _tables(workdir)
    if not epochs:
        return (), ()
    groups = []
    for name in tables[-1]:
        weights = tuple(table[name] for table in tables)
        given = decisions.get(name) if decisions else None
        rows = _named(name, given, architecture) if given else _guessed(name, weights[-1], config, architecture)
        if len(rows) != len(weights[-1]):
            raise RunError(f"alphas.jsonl: {len(weights[-1])} rows; {_graph(name, architecture)} has {len(rows)} edges")
        groups.append(Group(name, group_title(name, architecture), rows, weights))
    return epochs, tuple(groups)


def entropy(tables: Sequence[Matrix]) -> float:
    """Mean entropy, in nats, of all rows, each divided by its sum; 0 for a row of zeros."""
    return fmean(_entropy(row) for table in tables for row in table)


def softmax(alphas: Matrix) -> Matrix:
    """Softmax over the options of each row of alphas (logits)."""

    def row(logits: Sequence[float]) -> tuple[float, ...]:
        weights = [exp(logit - max(logits)) for logit in logits]
        return tuple(weight / sum(weights) for weight in weights)

    return tuple(row(logits) for logits in alphas)


def _entropy(row: Sequence[float]) -> float:
    total = sum(row)
    return -sum(w / total * log(w / total) for w in row if w > 0) if total > 0 else 0.0


def _tables(workdir: Path) -> tuple[tuple[int, ...], list[dict[str, Matrix]]]:
    """Epochs, and the tables of each."""
    logged = (workdir / "strengths.jsonl").is_file()
    path = workdir / ("strengths.jsonl" if logged else "alphas.jsonl")
    epochs, tables = [], []
    for number, line in enumerate(json_lines(path), start=1):
        try:
            epochs.append(int(line["epoch"]))
            names = [name for name in line if name != "epoch" and "/" not in name]  # NAME/edges weighs edges
            table = {name: _matrix(line[name]) for name in names}
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path.name}, entry {number}: {error!r}") from None
        tables.append(table if logged else {name: softmax(alphas) for name, alphas in table.items()})
    shapes = {tuple((name, len(rows), len(rows[0])) for name, rows in table.items()) for table in tables}
    if len(shapes) > 1:
        raise RunError(f"{path.name}: the shape of the alphas changes: {sorted(shapes)}")
    return tuple(epochs), tables


def _matrix(rows: Sequence[Sequence[float]]) -> Matrix:
    matrix = tuple(tuple(float(value) for value in row) for row in rows)
    if len({len(row) for row in matrix}) != 1 or not all(map(isfinite, sum(matrix, ()))):
        raise ValueError("weights must be finite numbers, as many in every row")
    return matrix


def _named(group: str, decisions: Mapping[str, Sequence[str]], architecture: Architecture) -> tuple[Row, ...]:
    return tuple(
        _edge_row(group, *_ends(name), tuple(options), architecture)
        if group in architecture.cells
        else Row(name, name, tuple(options))
        for name, options in decisions.items()
    )


def _ends(decision: str) -> tuple[int, int]:
    """Source and node of ``normal/0-2``."""
    source, _, node = decision.rpartition("/")[2].partition("-")
    return int(source), int(node)


def _guessed(group: str, table: Matrix, config: Mapping[str, Any], architecture: Architecture) -> tuple[Row, ...]:
    cell = architecture.cells.get(group)
    if cell is None:
        raise RunError(f"alphas.jsonl: the architecture has no cell {group!r}")
    if cell.num_inputs == 1:
        edges = [(edge.source, edge.node) for edge in cell.edges]
    else:
        edges = _cell_edges(len(table))
    options = _primitives(config, len(table[0]))
    return tuple(_edge_row(group, source, node, options, architecture) for source, node in edges)


def _edge_row(group: str, source: int, node: int, options: tuple[str, ...], architecture: Architecture) -> Row:
    inputs = architecture.cells[group].num_inputs
    label = f"{node_name(source, inputs)} to {node_name(node, inputs)}"
    return Row(f"{group}/{source}-{node}", label, options, (source, node))


def _cell_edges(rows: int) -> tuple[tuple[int, int], ...]:
    """(source, node) of each row of alphas, in the order of the cell space."""
    nodes = 1
    while nodes * (nodes + 3) // 2 < rows:
        nodes += 1
    edges = CellSpace(num_nodes=nodes).edges
    if len(edges) != rows:
        raise RunError(f"alphas.jsonl: alphas with {rows} rows fit no cell; allowed: 2, 5, 9, 14, 20, ...")
    return edges


def _primitives(config: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """Names of the columns: from the run's space or config, else DARTS's where the count fits."""
    graphs = [SPACES[name].graph for name in _values(config, "name") if name in SPACES and name != "darts"]
    named = [graph.primitives for graph in graphs if graph is not None]
    for names in (*named, *_values(config, "primitives"), DARTS):
        if isinstance(names, Sequence) and not isinstance(names, str) and len(names) == count:
            return tuple(map(str, names))
    return tuple(f"primitive {i}" for i in range(count))


def _values(config: Mapping[str, Any], key: str) -> Iterator[Any]:
    """All values under this key, at any depth."""
    for name, value in config.items():
        if name == key:
            yield value
        elif isinstance(value, Mapping):
            yield from _values(value, key)


def group_title(group: str, architecture: Architecture) -> str:
    """Title of a group of decisions, and of the cell that it is about."""
    cell = architecture.cells.get(group)
    if cell is None:
        return group
    return "cell" if cell.num_inputs == 1 else TITLES[group]


def _graph(group: str, architecture: Architecture) -> str:
    cell = architecture.cells.get(group)
    return "the topology" if cell is not None and cell.num_inputs == 1 else f"the {group_title(group, architecture)}"
