"""The form in which genotypes are published: a list of entries per cell, and the concat nodes.

An entry is a pair (primitive, source), two per node in node order, as DARTS writes it, or a triple
(primitive, node, source), any number per node, as FairDARTS writes it. The text and the JSON form
both consist of such entries; this file turns them into cells and back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

from dartsx.spaces.errors import GenotypeError
from dartsx.spaces.genotype import (
    MAX_NODE,
    NUM_INPUTS,
    Cell,
    Edge,
    Genotype,
    allowed_primitives,
    check_concat,
    check_node,
    check_primitive,
    check_source,
)

FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
PER_NODE = 2


class Spot(NamedTuple):
    """A value read from a text or document, and where it stood there."""

    value: Any
    where: Any


Fail = Callable[[Any, str], NoReturn]
"""Raises GenotypeError for a place and a message."""


def build_genotype(fields: dict[str, Spot], fail: Fail, custom_primitives: Sequence[str] = ()) -> Genotype:
    """Build the genotype from its four fields.

    Args:
      fields: by name of FIELDS: spots of lists; of entries (spots of lists of spots) for the
        cells, of spots of node indices for the concats.
      fail: called with the place of whatever is wrong.
      custom_primitives: names allowed besides PRIMITIVES.
    """
    normal, normal_concat, reduce, reduce_concat = (fields[name] for name in FIELDS)
    return Genotype(
        normal=_build_cell(normal, normal_concat, fail, custom_primitives),
        reduce=_build_cell(reduce, reduce_concat, fail, custom_primitives),
    )


def to_entries(cell: Cell) -> list[tuple]:
    """Return the cell's edges as pairs if every node has exactly two, else as triples."""
    if all(len(cell.inputs(node)) == PER_NODE for node in cell.nodes):
        return [(edge.primitive, edge.source) for edge in cell.edges]
    return [(edge.primitive, edge.node, edge.source) for edge in cell.edges]


def _build_cell(entries: Spot, concat: Spot, fail: Fail, custom_primitives: Sequence[str]) -> Cell:
    pairs = _are_pairs(entries, fail)
    allowed = allowed_primitives(custom_primitives)
    edges = []
    for position, entry in enumerate(entries.value):
        primitive, *node, source = entry.value
        with _located(primitive.where, fail):
            check_primitive(primitive.value, allowed)
        if not pairs:
            with _located(node[0].where, fail):
                target = check_node(node[0].value)
        else:
            target = NUM_INPUTS + position // PER_NODE
        with _located(source.where, fail):
            edges.append(Edge(primitive.value, check_source(source.value, target), target))
    last = NUM_INPUTS + len(edges) // PER_NODE - 1 if pairs else MAX_NODE
    return Cell(tuple(edges), _concat(concat, last, fail), custom_primitives)


def _are_pairs(entries: Spot, fail: Fail) -> bool:
    for entry in entries.value:
        if len(entry.value) not in (2, 3):
            fail(
                entry.where,
                f"an entry of {len(entry.value)} values; allowed: (primitive, source), or (primitive, node, source)",
            )
        if len(entry.value) != len(entries.value[0].value):
            fail(entry.where, "pairs and triples are mixed; a cell is written in one of the two")
    if not entries.value or len(entries.value[0].value) == 3:
        return False
    if len(entries.value) % PER_NODE:
        fail(
            entries.where,
            f"{len(entries.value)} pairs (primitive, source), but the form has {PER_NODE} per "
            "node; for other numbers write triples (primitive, node, source)",
        )
    if len(entries.value) // PER_NODE + NUM_INPUTS - 1 > MAX_NODE:
        fail(entries.where, f"{len(entries.value)} edges; nodes are allowed up to {MAX_NODE}")
    return True


def _concat(concat: Spot, last: int, fail: Fail) -> tuple[int, ...]:
    for spot in concat.value:
        with _located(spot.where, fail):
            if check_node(spot.value) > last:
                raise GenotypeError(f"node {spot.value} is not in this cell; its nodes are {NUM_INPUTS} to {last}")
    with _located(concat.where, fail):
        return check_concat(spot.value for spot in concat.value)


@contextmanager
def _located(where: Any, fail: Fail) -> Iterator[None]:
    try:
        yield
    except GenotypeError as error:
        fail(where, str(error))
