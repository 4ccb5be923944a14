"""What reports are made of besides tables of results: pictures, and chapters that hold them."""

from __future__ import annotations

from dataclasses import dataclass

from dartsx.report.sections import Grid
from dartsx.report.templates import data_uri

FIGURES = "figures"


@dataclass(frozen=True)
class Picture:
    """An SVG of the report; ``drawing`` is true for cells, which HTML pages hold as they are."""

    name: str
    caption: str
    svg: str
    drawing: bool = False

    @property
    def link(self) -> str:
        """Path relative to the report."""
        return f"{FIGURES}/{self.name}.svg"

    @property
    def data_uri(self) -> str:
        """The picture as an address that holds it, so that a page needs no other file."""
        return data_uri(self.svg)


@dataclass(frozen=True)
class Chapter:
    """A part of a report, such as one search or one row of the table: facts as (name, value), and pictures.

    Attributes:
        table: a table below the facts.
        note: a line below the table.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    genotype: str | None
    pictures: tuple[Picture, ...]
    table: Grid | None = None
    note: str = ""
