"""A sheet of examples as an SVG that holds its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from dartsx.report.colours import adaptive

HEAD = 24  # pixels of the line with the columns' names


def sheet_svg(sheet: Mapping[str, Any]) -> str:
    """The pictures below the names of their columns.

    Args:
        sheet: content of a run's ``examples.json``: ``columns``, ``png`` in base64, ``width`` and ``height``.
    """
    width, height, columns = int(sheet["width"]), int(sheet["height"]), list(sheet["columns"])
    step = width / len(columns)
    style = 'font-family="Helvetica, Arial, \'DejaVu Sans\', sans-serif" font-size="11" text-anchor="middle"'
    names = [
        f'<text x="{step * (i + 0.5):.1f}" y="16" fill="#6b7280" {style}>{escape(name)}</text>'
        for i, name in enumerate(columns)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height + HEAD}"'
    lines = [
        f'{head} viewBox="0 0 {width} {height + HEAD}" role="img" aria-label="{escape(", ".join(columns))}">',
        *names,
        f'<image y="{HEAD}" width="{width}" height="{height}" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{sheet["png"]}"/>',
        "</svg>",
    ]
    return adaptive("\n".join(lines))
