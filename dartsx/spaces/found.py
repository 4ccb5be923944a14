"""Genotypes inside a text from elsewhere: a log with a time in front, a Python file with several, wrapped lines.

What stands around a genotype is passed over, nothing is evaluated. A text with several different genotypes is read only
where one of them is chosen: by the name that it is assigned to, or by its number.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dartsx.spaces.errors import GenotypeError, show, unknown
from dartsx.spaces.space import Architecture
from dartsx.spaces.text import MAX_CHARACTERS, read_at
from dartsx.spaces.topology import topology_from_string

_CALL = re.compile(r"(?<![\w.])(?:[A-Za-z_]\w*\.)*Genotype\s*\(")
_NAME_BEFORE = re.compile(r"""(?:(?<![\w.])([A-Za-z_]\w*)\s*=|["']([^"'\n]+)["']\s*:)\s*$""")
_ALIAS = re.compile(r"^([A-Za-z_]\w*)[ \t]*=[ \t]*([A-Za-z_]\w*)[ \t]*(?:\#.*)?$", re.MULTILINE)
_NOT_ITS_VALUE = re.compile(r"^\s*\#|\s\#\s|\b(class|def)\s+$")  # a comment, a definition
_ONE_STRING = re.compile(r"\s*\|[\s\w~|+]*", re.ASCII)
_NEXT_STRING = re.compile(r"\|\s+\|")
_STRING = re.compile(r"\|[A-Za-z0-9_]+~[0-9][A-Za-z0-9_~|]*(?:\s*\+\s*(?=[|])[A-Za-z0-9_~|]*|\+)*", re.ASCII)
_NODES_BEFORE = re.compile(r"([0-9]+) nodes with\s*$")
_SHOWN = 20
_LINE = 1000  # characters before a genotype in which its name is looked for


class Candidate(NamedTuple):
    """A genotype that a text holds: its name there, if it has one, and how it is read."""

    name: str | None
    read: Callable[[], Architecture]


def from_text(text: str, *, origin: str = "genotype text", choice: str = "") -> Architecture:
    """Read the genotype or topology that stands in a text, without evaluating anything.

    Args:
      text: the classic text ``Genotype(...)`` or an architecture string, alone or with text around it: an assignment,
        the time of a log line, a Python file.
      origin: where the text came from, for messages.
      choice: which of several: the name that it is assigned to, or its number from 1.

    Raises GenotypeError, with line, column and an excerpt, whatever is wrong with the text; where there are several
    and none is chosen, it names them.
    """
    if not isinstance(text, str):
        raise GenotypeError(f"{origin}: expected a string, not {show(text)}")
    if len(text) > MAX_CHARACTERS:
        raise GenotypeError(f"{origin}: {len(text)} characters; at most {MAX_CHARACTERS} are allowed")
    candidates = _calls(text, origin) or _strings(text, origin)
    if not candidates:
        return read_at(text, 0, origin)  # says what is expected in its place
    aliases = dict(_ALIAS.findall(text))
    while choice in aliases and choice not in [candidate.name for candidate in candidates]:
        choice = aliases.pop(choice)
    return choose(candidates, origin, choice)


def holds_genotype(text: str) -> bool:
    """Whether a text holds ``Genotype(...)`` or an architecture string, right or wrong."""
    return bool(_CALL.search(text) or _STRING.search(text) or text.lstrip().startswith("|"))


def choose(candidates: Sequence[Candidate], origin: str, choice: str = "") -> Architecture:
    """Read the candidate of this name or number; without choice the only one, or the one that all are equal to.

    Raises GenotypeError that lists the names: several differ and none is chosen, or there is none of that name.
    """
    names = _names(candidates)
    if choice:
        if choice not in names:
            raise GenotypeError(f"{origin}: {unknown('genotype', choice, names[:_SHOWN])}")
        return candidates[names.index(choice)].read()
    if len(candidates) == 1:
        return candidates[0].read()
    first = _read_or_none(candidates[0])
    if first is not None and all(_read_or_none(candidate) == first for candidate in candidates[1:]):
        return first
    shown = ", ".join(names[:_SHOWN]) + (f", ... {names[-1]}" if len(names) > _SHOWN else "")
    raise GenotypeError(f"{origin}: several genotypes: choose one of {shown}; written FILE:{names[-1]}")


def _names(candidates: Sequence[Candidate]) -> list[str]:
    """Their names if all have one of their own, else their numbers from 1."""
    names = [candidate.name for candidate in candidates]
    if None in names or max(Counter(names).values()) > 1:
        return [str(number) for number in range(1, len(names) + 1)]
    return names


def _read_or_none(candidate: Candidate) -> Architecture | None:
    try:
        return candidate.read()
    except GenotypeError:
        return None


def _calls(text: str, origin: str) -> list[Candidate]:
    """Every ``Genotype(`` that stands in no comment and is no definition of a class."""
    candidates, end = [], 0
    for match in _CALL.finditer(text):
        start, inside, end = match.start(), not text[end : match.start()].strip("([ \t\r\n"), match.end()
        if candidates and inside:
            continue  # in the brackets of the one before: damaged, and that one says so
        line = text[max(text.rfind("\n", 0, start) + 1, start - _LINE) : start]
        if _NOT_ITS_VALUE.search(line):
            continue
        name = _NAME_BEFORE.search(text, max(0, start - _LINE), start)
        candidates.append(
            Candidate(
                (name[1] or name[2]) if name else None,
                lambda start=start: read_at(text, start, origin),
            )
        )
    return candidates


def _strings(text: str, origin: str) -> list[Candidate]:
    """Every architecture string; a text of nothing else may be wrapped anywhere, others only at a ``+``."""
    if _ONE_STRING.fullmatch(text) and not _NEXT_STRING.search(text):
        joined, options = "".join(text.split()), {"origin": origin}
        return [Candidate(None, lambda: topology_from_string(joined, **options))]
    candidates = []
    for match in _STRING.finditer(text):
        nodes = _NODES_BEFORE.search(text, max(0, match.start() - _LINE), match.start())
        read = _topology_reader(match, nodes, origin)
        candidates.append(Candidate(None, read))
    return candidates


def _topology_reader(match: re.Match, nodes: re.Match | None, origin: str) -> Callable[[], Architecture]:
    line = match.string.count("\n", 0, match.start()) + 1

    def read() -> Architecture:
        where = f"{origin}, line {line}"
        topology = topology_from_string("".join(match[0].split()), origin=where)
        if nodes and int(nodes[1]) != topology.output + 1:
            raise GenotypeError(f"{where}: {nodes[1]} nodes are said, the string has {topology.output + 1}: cut off?")
        return topology

    return read
