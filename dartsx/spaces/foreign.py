"""Genotypes as text of any notation: JSON, Python dictionaries and lists, classic text, a log or a file of code.

Tried in this order: JSON; a text that holds ``Genotype(...)`` or architecture strings; Python's literals. A value is a
document of `dartsx.spaces.document`, a mapping of names to genotypes, a list of genotypes, or the nodes of a topology,
``[[(primitive, 0)], [(primitive, 0), (primitive, 1)], ...]``.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from dartsx.spaces.choices import CHOICES, choices_from_text, is_choices_text
from dartsx.spaces.document import TOPOLOGY, from_json
from dartsx.spaces.entries import FIELDS
from dartsx.spaces.errors import GenotypeError, show
from dartsx.spaces.found import Candidate, choose, from_text, holds_genotype
from dartsx.spaces.genotype import Edge
from dartsx.spaces.literals import literal
from dartsx.spaces.space import Architecture
from dartsx.spaces.topology import Topology

_ASSIGNED = re.compile(r"\s*(?:[A-Za-z_]\w*\s*=\s*)?(?=[{\[(]|(?:dict|OrderedDict)\()")


def read_genotype(text: str, origin: str, choice: str = "") -> Architecture:
    """Read the genotype that a text holds in any notation; ``choice`` names one of several.

    Raises GenotypeError that says where it is wrong, or that there are several and which.
    """
    options = {"origin": origin}
    if is_choices_text(text):
        return choices_from_text(text)
    found, value = _json(text) if text.lstrip()[:1] in ("{", "[", '"') else (False, None)
    if found:
        return _from_value(value, options, choice)
    if holds_genotype(text):
        return from_text(text, **options, choice=choice)
    start = _ASSIGNED.match(text)
    if start and not (text.lstrip().startswith("{") and not re.search(r"['(]", text)):
        return _from_value(literal(text[start.end() :], origin), options, choice)
    return from_json(text, **options) if start else from_text(text, **options)  # these say what is wrong


def _json(text: str) -> tuple[bool, Any]:
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def _from_value(value: Any, options: dict[str, Any], choice: str) -> Architecture:
    several = _several(value)
    if several:
        candidates = [Candidate(name, lambda part=part: _from_value(part, options, "")) for name, part in several]
        return choose(candidates, options["origin"], choice)
    return choose([Candidate(None, lambda: _single(value, options))], options["origin"], choice)


def _single(value: Any, options: dict[str, Any]) -> Architecture:
    if isinstance(value, str):
        return from_text(value, **options)
    if not isinstance(value, list):
        return from_json(value, **options)
    if _are_nodes(value):
        edges = [Edge(entry[0], entry[1], node) for node, entries in enumerate(value, start=1) for entry in entries]
        return Topology(tuple(edges))
    if value and all(isinstance(item, list) for item in value):
        raise GenotypeError(
            f"{options['origin']}: entries of one cell; a genotype has normal, normal_concat, reduce and reduce_concat"
        )
    raise GenotypeError(f"{options['origin']}: a list of no genotypes: {show(value)}")


def _several(value: Any) -> list[tuple[str | None, Any]]:
    """Names and values of the genotypes inside a mapping or a list; none if it is a genotype itself."""
    if isinstance(value, list):
        return [(None, part) for part in value] if value and all(map(_is_genotype, value)) else []
    if not isinstance(value, Mapping) or _is_genotype(value) or any(name in value for name in FIELDS):
        return []
    inside = value.get("genotypes")
    if isinstance(inside, Mapping | list):
        return _several(inside)
    return [(name, part) for name, part in value.items() if _is_genotype(part)]


def _is_genotype(value: Any) -> bool:
    if isinstance(value, str):
        return holds_genotype(value)
    return isinstance(value, Mapping) and (
        "genotype" in value or TOPOLOGY in value or CHOICES in value or all(f in value for f in FIELDS)
    )


def _are_nodes(value: list) -> bool:
    """Whether these are the nodes of a topology: node i has an entry from each of 0 to i - 1, in order."""
    if not value or not all(isinstance(entries, list) and entries for entries in value):
        return False
    for node, entries in enumerate(value, start=1):
        pairs = [entry for entry in entries if isinstance(entry, list) and len(entry) == 2]
        if len(pairs) != len(entries) or [source for _, source in pairs] != list(range(node)):
            return False
    return True
