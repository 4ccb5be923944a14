"""Decisions of spaces whose edges choose a primitive each, and the edges that their options stand for."""

from collections.abc import Mapping

from dartsx.networks import Decision
from dartsx.spaces.cell_graph import edge_name
from dartsx.spaces.errors import GenotypeError, unknown
from dartsx.spaces.genotype import Edge
from dartsx.spaces.primitives import NONE


def edge_decisions(
    options: Mapping[str, tuple[tuple[str, ...], ...]], edges: tuple[tuple[int, int], ...]
) -> dict[str, Decision]:
    """The decisions of all edges of all cell types."""
    return {
        edge_name(cell_type, *edge): Decision(names)
        for cell_type, rows in options.items()
        for edge, names in zip(edges, rows, strict=True)
    }


def chosen_edges(
    choices: Mapping[str, str],
    options: Mapping[str, tuple[tuple[str, ...], ...]],
    edges: tuple[tuple[int, int], ...],
) -> dict[str, list[Edge]]:
    """The edges that choices stand for, by cell type, in the order given.

    Raises GenotypeError for decisions or options that there are not.
    """
    known = {
        edge_name(cell_type, *edge): (cell_type, edge, names)
        for cell_type, rows in options.items()
        for edge, names in zip(edges, rows, strict=True)
    }
    chosen: dict[str, list[Edge]] = {cell_type: [] for cell_type in options}
    for name, primitive in choices.items():
        if name not in known:
            raise GenotypeError(unknown("decision", name, known))
        cell_type, edge, names = known[name]
        if primitive not in (*names, NONE):
            raise GenotypeError(f"{name}: {unknown('primitive', primitive, names)}")
        chosen[cell_type].append(Edge(primitive, *edge))
    return chosen
