"""What the rows and columns of a search's alphas stand for: cells with two inputs, or a topology with one."""

from __future__ import annotations

from dartsx.report.records import SearchRun
from dartsx.report.series import Matrix, edge_labels, edge_nodes
from dartsx.report.svg import node_name
from dartsx.spaces import CELL_TYPES, Edge, Topology


def alphas(run: SearchRun, kind: str) -> list[Matrix]:
    """Alphas of one cell type, an entry per epoch."""
    return [getattr(epoch, kind) for epoch in run.alphas]


def kinds(run: SearchRun) -> tuple[str, ...]:
    """Cell types that the search has alphas for."""
    return tuple(kind for kind in CELL_TYPES if run.alphas and getattr(run.alphas[-1], kind))


def title(run: SearchRun, kind: str) -> str:
    """What a cell type is called."""
    if isinstance(run.genotype, Topology):
        return "cell"
    return {"normal": "normal cell", "reduce": "reduction cell"}[kind]


def edges(run: SearchRun, rows: int) -> tuple[tuple[int, int], ...]:
    """(source, node) of every row."""
    if isinstance(run.genotype, Topology):
        return tuple((edge.source, edge.node) for edge in run.genotype.edges)
    return edge_nodes(rows)


def labels(run: SearchRun, rows: int) -> list[str]:
    """Name of every row."""
    if isinstance(run.genotype, Topology):
        return [f"{source} to {node}" for source, node in edges(run, rows)]
    return edge_labels(rows)


def label(run: SearchRun, source: int, node: int) -> str:
    """Name of one edge, with the inputs' names set as formulas."""
    if isinstance(run.genotype, Topology):
        return f"{source} to {node}"
    return f"${node_name(source)}$ to {node_name(node)}"


def kept(run: SearchRun, kind: str) -> tuple[Edge, ...]:
    """Edges that the genotype kept."""
    return run.genotype.edges if isinstance(run.genotype, Topology) else run.genotype.cell(kind).edges
