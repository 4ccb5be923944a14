"""The form in which genotypes are published: a list of entries per cell, and the concat nodes.

An entry is a pair (primitive, source), two per node in node order, as DARTS writes it, or a triple
(primitive, node, source), any number per node, as FairDARTS writes it. Read, not written, are three more spellings:
entries grouped by node in lists of their own, a weight (a real number) behind a pair, and triples in the order
(primitive, source, node), which cannot be mistaken since a source lies before its node. The text and the JSON form both
consist of such entries; this file turns them into cells and back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

from dartsx.spaces.errors import GenotypeError
from dartsx.spaces.genotype import (
    MAX_NODE,
    NUM_INPUTS,
    PER_NODE,
    Cell,
    Edge,
    Genotype,
    check_concat,
    check_node,
    check_primitive,
    check_source,
)

FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")


class Spot(NamedTuple):
    """A value read from a text or document, and where it stood there."""

    value: Any
    where: Any


Fail = Callable[[Any, str], NoReturn]
"""Raises GenotypeError for a place and a message."""


def build_genotype(fields: dict[str, Spot], fail: Fail) -> Genotype:
    """Build the genotype from its four fields.

    Args:
      fields: by name of FIELDS: spots of lists; of entries (spots of lists of spots) for the
        cells, of spots of node indices for the concats.
      fail: called with the place of whatever is wrong.
    """
    normal, normal_concat, reduce, reduce_concat = (fields[name] for name in FIELDS)
    return Genotype(
        normal=_build_cell(normal, normal_concat, fail),
        reduce=_build_cell(reduce, reduce_concat, fail),
    )


def _build_cell(entries: Spot, concat: Spot, fail: Fail) -> Cell:
    triples, last = _triples(entries, fail)
    edges = []
    for primitive, node, source in triples:
        with located(primitive.where, fail):
            check_primitive(primitive.value)
        with located(node.where, fail):
            target = check_node(node.value)
        with located(source.where, fail):
            edges.append(Edge(primitive.value, check_source(source.value, target), target))
    return Cell(tuple(edges), _concat(concat, last, fail))


def _triples(entries: Spot, fail: Fail) -> tuple[list[tuple[Spot, Spot, Spot]], int]:
    """Spots (primitive, node, source) of all entries, and the last node that the concat may name."""
    if any(_is_group(entry) for entry in entries.value):
        return _of_groups(entries, fail)
    listed = [_without_weight(entry, fail) for entry in entries.value]
    for entry in listed:
        if len(entry.value) != len(listed[0].value):
            fail(entry.where, "pairs and triples are mixed; a cell is written in one of the two")
    if not listed or len(listed[0].value) == 3:
        return _in_order([tuple(entry.value) for entry in listed]), MAX_NODE
    if len(listed) % PER_NODE:
        fail(
            entries.where,
            f"{len(listed)} pairs (primitive, source), but the form has {PER_NODE} per "
            "node; for other numbers write triples (primitive, node, source)",
        )
    last = NUM_INPUTS + len(listed) // PER_NODE - 1
    if last > MAX_NODE:
        fail(entries.where, f"{len(listed)} edges; nodes are allowed up to {MAX_NODE}")
    nodes = [Spot(NUM_INPUTS + position // PER_NODE, entry.where) for position, entry in enumerate(listed)]
    return [(entry.value[0], node, entry.value[1]) for entry, node in zip(listed, nodes, strict=True)], last


def _of_groups(entries: Spot, fail: Fail) -> tuple[list[tuple[Spot, Spot, Spot]], int]:
    triples = []
    for node, group in enumerate(entries.value, start=NUM_INPUTS):
        if group.value and not _is_group(group):
            fail(group.where, "entries and lists of entries are mixed; by node every item is a list of entries")
        for entry in group.value:
            pair = _without_weight(entry, fail)
            if len(pair.value) != 2:
                fail(entry.where, "an entry in a list by node is a pair (primitive, source)")
            triples.append((pair.value[0], Spot(node, entry.where), pair.value[1]))
    return triples, NUM_INPUTS + len(entries.value) - 1


def _is_group(entry: Spot) -> bool:
    """Whether this is a list of entries, not an entry."""
    return bool(entry.value) and all(isinstance(item.value, list) for item in entry.value)


def _without_weight(entry: Spot, fail: Fail) -> Spot:
    """The entry, without the real number that may stand behind a pair."""
    if len(entry.value) not in (2, 3):
        fail(
            entry.where,
            f"an entry of {len(entry.value)} values; allowed: (primitive, source), or (primitive, node, source)",
        )
    weighted = len(entry.value) == 3 and isinstance(entry.value[2].value, float)
    return Spot(entry.value[:2], entry.where) if weighted else entry


def _in_order(triples: list[tuple[Spot, Spot, Spot]]) -> list[tuple[Spot, Spot, Spot]]:
    """Triples as (primitive, node, source), also where all have the source first."""
    integers = [(node.value, source.value) for _, node, source in triples]
    swapped = all(type(a) is int and type(b) is int and a < b for a, b in integers)
    return [(primitive, source, node) for primitive, node, source in triples] if swapped else triples


def _concat(concat: Spot, last: int, fail: Fail) -> tuple[int, ...]:
    for spot in concat.value:
        with located(spot.where, fail):
            if check_node(spot.value) > last:
                raise GenotypeError(f"node {spot.value} is not in this cell; its nodes are {NUM_INPUTS} to {last}")
    with located(concat.where, fail):
        return check_concat(spot.value for spot in concat.value)


@contextmanager
def located(where: Any, fail: Fail) -> Iterator[None]:
    """GenotypeErrors inside are told with the place in the text."""
    try:
        yield
    except GenotypeError as error:
        fail(where, str(error))
