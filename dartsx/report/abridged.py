"""Weights as they are drawn: a decision between dozens of options is legible by its strongest ones only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dartsx.report.records import SearchRun
from dartsx.report.weights import Group, Row

LEGIBLE = 8  # options of a decision that are drawn one by one; the rest are drawn as one


def drawn_groups(run: SearchRun) -> tuple[Group, ...]:
    """The groups of a search, abridged; what it kept after any epoch is among what is drawn."""
    kept = [run.genotype.choices, *(architecture.choices for _, architecture in run.architectures)]
    return tuple(abridged(group, kept) for group in run.groups)


def abridged(group: Group, kept: Sequence[Mapping[str, str]]) -> Group:
    """The group as it is drawn: of decisions with many options the strongest, and the sum of the others.

    Args:
        group: the group.
        kept: labels of options by decision, for every architecture that is shown; these options are always drawn.
    """
    columns = [_drawn(row, group.weights[-1][i], kept) for i, row in enumerate(group.rows)]
    if all(len(drawn) == len(row.options) for drawn, row in zip(columns, group.rows, strict=True)):
        return group
    rows = tuple(_short(row, drawn) for row, drawn in zip(group.rows, columns, strict=True))
    widest = max(len(row.options) for row in rows)
    tables = []
    for table in group.weights:
        made = [_shortened(table[i], row, columns[i]) for i, row in enumerate(group.rows)]
        tables.append(tuple(weights + (0.0,) * (widest - len(weights)) for weights in made))
    return Group(group.name, group.title, rows, tuple(tables))


def _drawn(row: Row, weights: Sequence[float], kept: Sequence[Mapping[str, str]]) -> list[int]:
    """Columns of the options that are drawn, in order; all of them where one alone would be left over."""
    count = len(row.options)
    if count <= LEGIBLE + 1:
        return list(range(count))
    strongest = sorted(range(count), key=lambda column: -weights[column])[:LEGIBLE]
    chosen = {choices.get(row.name) for choices in kept}
    return [column for column in range(count) if column in strongest or row.options[column] in chosen]


def _short(row: Row, drawn: Sequence[int]) -> Row:
    left = len(row.options) - len(drawn)
    options = tuple(row.options[column] for column in drawn)
    return replace(row, options=options + ((f"{left} others",) if left else ()))


def _shortened(weights: Sequence[float], row: Row, drawn: Sequence[int]) -> tuple[float, ...]:
    others = [weights[column] for column in range(len(row.options)) if column not in drawn]
    return (*(weights[column] for column in drawn), *((sum(others),) if others else ()))
