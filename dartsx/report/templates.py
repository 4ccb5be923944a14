"""The environment that fills the templates of all pages, and pictures as part of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dartsx.report.heat_map import FULL, PAPER
from dartsx.report.svg import INK
from dartsx.report.tables import markdown_table

if TYPE_CHECKING:
    from jinja2 import Environment


def templates() -> Environment:
    """Templates of this folder: HTML is escaped, a name without a value is an error.

    ``markdown_table`` and ``inline`` are filters.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("dartsx.report", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"full": FULL, "paper": PAPER, "ink": INK}  # film.js.j2 tints as `heat_map` does
    environment.filters |= {"markdown_table": markdown_table, "inline": inline}
    return environment


def inline(svg: str, label: str) -> str:
    """A picture as part of a page: named for readers who do not see it, and safe from being escaped.

    Its words are escaped already: the pictures of a report come from its own drawing functions.
    """
    from markupsafe import Markup, escape

    start = svg.index("<svg")
    named = "aria-label=" in svg[start : svg.index(">", start)]
    return Markup(svg[start:] if named else f'<svg role="img" aria-label="{escape(label)}"{svg[start + 4 :]}')
