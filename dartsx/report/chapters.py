"""What pages are made of besides tables of results: pictures, and chapters that hold them; pages of chapters alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dartsx.report.film import Film
from dartsx.report.sections import Grid
from dartsx.report.templates import templates

FIGURES = "figures"


@dataclass(frozen=True)
class Picture:
    """An SVG of the report.

    Attributes:
        name: name of its file.
        caption: what it shows.
        svg: its text.
        titled: whether it holds its own title, and a page needs no caption.
        filmed: whether the film of its chapter ends with it; pages that can show films leave it out.
    """

    name: str
    caption: str
    svg: str
    titled: bool = False
    filmed: bool = False

    @property
    def link(self) -> str:
        """Path relative to the report."""
        return f"{FIGURES}/{self.name}.svg"


@dataclass(frozen=True)
class Chapter:
    """A part of a report, such as one search or one row of the table: facts as (name, value), and pictures.

    Attributes:
        table: a table below the facts.
        note: a line below the table.
        film: what changed by epoch.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    genotype: str | None
    pictures: tuple[Picture, ...]
    table: Grid | None = None
    note: str = ""
    film: Film | None = None


def page_of(title: str, chapters: Sequence[Chapter]) -> str:
    """A page of chapters as HTML, which holds its pictures and loads nothing."""
    return templates().get_template("chapters.html.j2").render(title=title, chapters=chapters)
