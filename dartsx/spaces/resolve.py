"""A genotype from whatever a user gives: a name, a text, a file, or a search's work directory."""

import json
import os
import pathlib

from dartsx.spaces.choices import is_choices_text
from dartsx.spaces.errors import GenotypeError, show
from dartsx.spaces.foreign import read_genotype
from dartsx.spaces.members import MEMBERS, member
from dartsx.spaces.published import canonical_name, names, published
from dartsx.spaces.space import Architecture
from dartsx.spaces.text import MAX_CHARACTERS

_ALLOWED = (
    "allowed: a published name, the text 'Genotype(normal=[...], ...)' or '|nor_conv_3x3~0|+...', a "
    "file with that text or with genotype JSON, or the work directory of a search"
)


def resolve_genotype(given: str | os.PathLike[str]) -> tuple[Architecture, str]:
    """Return the genotype that ``given`` stands for, and a label for tables and logs.

    Args:
      given: tried in this order: the exact name of a published genotype, or of a published member of a described space
        (``FBNet-C``, ``nasnet:NASNet-A``); the path of a file (JSON or text) or of a work directory, whose
        ``genotype.json`` is read; the path of a file and, behind its last colon, the name or number of one of several
        genotypes in it (``genotypes.py:DARTS_V2``); the classic text, an architecture string,
        ``decision=option, ...`` or JSON itself; a published name that differs in case, '-' or '_'.

    Returns (genotype, label): the label is the published name, the path, or 'given text'.

    Raises GenotypeError that names what was given and what is allowed.
    """
    if not isinstance(given, str | os.PathLike):
        raise GenotypeError(f"no genotype: {show(given)}; {_ALLOWED}")
    text = os.fspath(given)
    if not isinstance(text, str) or not text.strip():
        raise GenotypeError(f"no genotype: {show(text)}; {_ALLOWED}")
    if text in names():
        return published(text), text
    if text in MEMBERS:
        return member(text), text
    if os.path.exists(text):
        return _read_path(pathlib.Path(text)), text
    path, _, choice = text.rpartition(":")
    if choice and os.path.isfile(path):
        return _read_path(pathlib.Path(path), choice), text
    if is_choices_text(text) or any(mark in text for mark in "({|\n["):
        return read_genotype(text, "given text"), "given text"
    try:
        name = canonical_name(text)
    except GenotypeError as error:
        missing = "" if os.path.basename(text) == text else f"no such path: {show(text)}; "
        raise GenotypeError(f"{missing}{error}; {_ALLOWED}") from None
    return published(name), name


def _read_path(path: pathlib.Path, choice: str = "") -> Architecture:
    if path.is_dir():
        if not (path / "genotype.json").is_file():
            raise GenotypeError(f"{path} holds no genotype.json: {_why_no_genotype(path)}")
        path = path / "genotype.json"
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)  # one more than the readers take
    except UnicodeDecodeError as error:
        raise GenotypeError(f"{path}: not a text file: {error}") from None
    except OSError as error:
        raise GenotypeError(f"{path}: cannot be read: {error.strerror}") from None
    return read_genotype(text, str(path), choice)


def _why_no_genotype(workdir: pathlib.Path) -> str:
    """Say what the folder is instead of a finished search."""
    try:
        run = json.loads((workdir / "run.json").read_text(encoding="utf-8"))
        if run["kind"] == "population":
            return f"it is a population of searches; choose one of its members, such as {workdir / 'member0'}"
        return f"its run is a {run['kind']} with status '{run['status']}', not a finished search"
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return "it is not the work directory of a search"
