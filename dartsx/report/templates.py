"""The environment that fills the pages' templates, and pictures as part of a page."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from dartsx.report.tables import markdown_table

if TYPE_CHECKING:
    from jinja2 import Environment


def templates() -> Environment:
    """Templates of this folder: HTML is escaped, a name without a value is an error; ``markdown_table`` is a filter."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("dartsx.report", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown_table"] = markdown_table
    return environment


def data_uri(svg: str) -> str:
    """A picture as an address that holds it, so that a page needs no other file."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
