"""Weights of a group of decisions as a table of tinted numbers, decisions x options; what was kept is framed.

A weight tints its field by its opacity, so that the table follows the reader's preference for light or dark, and so
that a script can show another epoch by setting opacities and texts (see `film`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from dartsx.report.colours import adaptive
from dartsx.report.svg import INK, SANS
from dartsx.report.weights import Group, Matrix, Row

TINT, PAPER, FRAME = "#2563eb", "#ffffff", "#dc2626"
FULL = 0.75  # opacity from which on a number is written in the colour of paper
MARGIN, TOP, LINE, CHARACTER = 14.0, 40.0, 21.0, 6.1


def heat_map(group: Group, table: Matrix, kept: Mapping[str, str], title: str, top: float | None = None) -> str:
    """Draw the weights of one epoch.

    Args:
        group: what the rows decide.
        table: weights [rows][columns]; columns that a row does not have are left out.
        kept: the label of the option that an architecture has, by decision.
        title: a line above the table.
        top: the weight that is tinted in full; None for the largest of the table.

    Returns:
        A complete SVG document as text.
    """
    shared = shared_options(group.rows)
    left = MARGIN + 8 + CHARACTER * max(len(_plain(row.label)) for row in group.rows)
    longest = max(len(option) for row in group.rows for option in row.options)
    cells = [42.0 if shared else 16 + CHARACTER * (max(map(len, row.options)) + 6) for row in group.rows]
    head = TOP + (10 + 0.57 * CHARACTER * longest if shared else 0)
    slant = 0.82 * CHARACTER * longest - cells[0] / 2 if shared else 0.0
    widest = max(cell * len(row.options) for cell, row in zip(cells, group.rows, strict=True))
    width = left + widest + max(MARGIN, slant)
    width, height = max(width, 2 * MARGIN + 8.6 * len(title)), head + LINE * len(group.rows) + MARGIN
    top = top or max(max(row) for row in table) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={quoteattr(title)}>',
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="{PAPER}"/>',
        f'<text x="{MARGIN:g}" y="24" font-family="{SANS}" font-size="14" font-weight="bold" fill="{INK}">'
        f"{escape(title)}</text>",
        f'<g font-family="{SANS}" font-size="11" fill="{INK}">',
    ]
    for j, option in enumerate(shared or ()):
        x, y = left + cells[0] * (j + 0.5), head - 6
        parts.append(f'<text x="{x:.1f}" y="{y:.1f}" transform="rotate(-35 {x:.1f} {y:.1f})">{escape(option)}</text>')
    for i, (row, weights, cell) in enumerate(zip(group.rows, table, cells, strict=True)):
        parts += _line(row, weights, (left, head + LINE * i), cell, top, shared is None, kept)
    return adaptive("\n".join([*parts, "</g>", "</svg>", ""]))


def kept_option(row: Row, kept: Mapping[str, str]) -> int:
    """The column of the option that is kept; -1 where none is."""
    chosen = kept.get(row.name)
    return row.options.index(chosen) if chosen in row.options else -1


def shared_options(rows: Sequence[Row]) -> tuple[str, ...] | None:
    """The options that all decisions have, or None if they differ."""
    options = {row.options for row in rows}
    return options.pop() if len(options) == 1 else None


def _line(
    row: Row,
    weights: Sequence[float],
    at: tuple[float, float],
    cell: float,
    top: float,
    named: bool,
    kept: Mapping[str, str],
) -> list[str]:
    """A decision's label, fields and frame; `at` is the corner of its first field, which `named` gives the option."""
    (left, y), places = at, [at[0] + cell * j for j in range(len(row.options))]
    fields = [
        _field(x, y, cell, weight, top, f"{option}: " if named else "")
        for x, weight, option in zip(places, weights, row.options, strict=False)
    ]
    label = f'<text x="{left - 8:.1f}" y="{y + 14.5:.1f}" text-anchor="end">{_label(row)}</text>'
    return [label, *fields, _frame(row, places, y, cell, kept)]


def _field(x: float, y: float, width: float, weight: float, top: float, before: str) -> str:
    opacity = min(weight / top, 1.0)
    ink = PAPER if opacity > FULL else INK
    return (
        f'<rect class="weight" x="{x + 1:.1f}" y="{y + 1:.1f}" width="{width - 2:.1f}" height="{LINE - 2:g}" rx="3" '
        f'fill="{TINT}" fill-opacity="{opacity:.3f}"/><text class="weight" x="{x + width / 2:.1f}" y="{y + 14.5:.1f}" '
        f'text-anchor="middle" fill="{ink}">{escape(before)}<tspan>{weight:.2f}</tspan></text>'
    )


def _frame(row: Row, places: Sequence[float], y: float, width: float, kept: Mapping[str, str]) -> str:
    """A frame around what was kept; it lies outside the view where nothing was, for a script to move."""
    column = kept_option(row, kept)
    x = places[column] if column >= 0 else -1000.0
    return (
        f'<rect class="kept" data-places="{" ".join(f"{place + 1:.1f}" for place in places)}" x="{x + 1:.1f}" '
        f'y="{y + 1:.1f}" width="{width - 2:.1f}" height="{LINE - 2:g}" rx="3" fill="none" stroke="{FRAME}" '
        'stroke-width="1.8"/>'
    )


def _plain(label: str) -> str:
    return label.replace("_{", "").replace("}", "")


def _label(row: Row) -> str:
    """The label with the names of a cell's inputs set as formulas."""
    words = []
    for word in row.label.split():
        letter, _, below = word.rstrip("}").partition("_{") if word.startswith("c_{") else (word, "", "")
        small = f'<tspan dy="2.5" font-size="8.5">{below}</tspan><tspan dy="-2.5"> </tspan>' if below else ""
        words.append(escape(letter) + small)
    return " ".join(words)
