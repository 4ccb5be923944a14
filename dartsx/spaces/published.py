"""Published genotypes by name, each with its source; the data lie in ``published.json``."""

import functools
import importlib.resources
import json
from typing import Any, NamedTuple

from dartsx.spaces.document import from_json
from dartsx.spaces.errors import GenotypeError, show, unknown
from dartsx.spaces.genotype import Genotype


class Source(NamedTuple):
    """Where a published genotype comes from.

    Attributes:
      source: repository, file and revision that it was taken from.
      paper: short title and arXiv number.
      form: 'pairs' (primitive, source) or 'triples' (primitive, node, source) in that source.
      note: what to know about it, or ''.
    """

    source: str
    paper: str
    form: str
    note: str


def published(name: str) -> Genotype:
    """Return the published genotype of this name; case, '-' and '_' need not match.

    Raises GenotypeError that lists the names if there is none of this name.
    """
    exact = canonical_name(name)
    return from_json(_table()[exact], origin=f"published genotype {exact}")


def names() -> tuple[str, ...]:
    """Names of all published genotypes."""
    return tuple(_table())


def source(name: str) -> Source:
    """Return where the published genotype comes from; names as for :func:`published`."""
    record = _table()[canonical_name(name)]
    return Source(record["source"], record["paper"], record["form"], record.get("note", ""))


def canonical_name(name: str) -> str:
    """Return the name as published for one that may differ in case, '-' and '_'."""
    if not isinstance(name, str):
        raise GenotypeError(f"a published genotype's name must be a string, not {show(name)}")
    if name in _table():
        return name
    for exact in _table():
        if _loose(exact) == _loose(name):
            return exact
    raise GenotypeError(unknown("published genotype", name, names()))


@functools.cache
def _table() -> dict[str, dict[str, Any]]:
    file = importlib.resources.files("dartsx.spaces") / "published.json"
    return json.loads(file.read_text(encoding="ascii"))["genotypes"]


def _loose(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
