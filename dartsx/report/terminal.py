"""The results as plain text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence

from dartsx.report.sections import Grid, Section

_IN_THE_REPORT = ("source", "note")  # long columns that only the written tables have
_LEFT = ("method", "origin", "search", "settings that differ")


def terminal_table(sections: Sequence[Section]) -> str:
    """The tables as aligned text: own rows first, cited rows apart and without their sources."""
    blocks = []
    for section in sections:
        note = section.citations.note
        blocks += [f"Measured here on {section.dataset}", aligned(section.own)]
        if section.citations.results:
            blocks += [f"{note} Sources: table.md.", aligned(section.published)]
        else:
            blocks.append(note)
    return "\n\n".join(blocks) + "\n"


def aligned(grid: Grid) -> str:
    """A grid as text: columns aligned, lines as long as they are: a terminal may wrap, a file need not."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in grid.columns:
        if column not in _IN_THE_REPORT:
            justify = "left" if column in _LEFT else "right"
            table.add_column(column, justify=justify, no_wrap=True)
    for line in grid.lines:
        cells = zip(grid.columns, line, strict=True)
        table.add_row(*(cell for column, cell in cells if column not in _IN_THE_REPORT))
    text = io.StringIO()
    Console(file=text, width=1000, color_system=None, markup=False, emoji=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
