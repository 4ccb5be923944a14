"""The JSON form of a genotype: the entries of the classic text, with a schema version.

``{"schema": 1, "normal": [["sep_conv_3x3", 1], ...], "normal_concat": [2, 3, 4, 5], "reduce": ...,
"reduce_concat": ...}``; cells that do not have two edges per node are written as triples
``[primitive, node, source]``. A document without a schema version is read as version 1, and keys
that a genotype does not have are ignored, so files from elsewhere can be read; so can a document
that holds the genotype under the key "genotype", as the result file of a search does, be it a document or a text.

A topology is ``{"schema": 1, "topology": "|nor_conv_3x3~0|+..."}``, an architecture of a described space
``{"schema": 1, "choices": {decision: option}}``, a recurrent cell
``{"schema": 1, "recurrent": [[activation, source], ...], "concat": [1, ...]}``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from dartsx.spaces.choices import CHOICES, Choices
from dartsx.spaces.entries import FIELDS, Fail, Spot, build_genotype
from dartsx.spaces.errors import GenotypeError, show
from dartsx.spaces.found import from_text
from dartsx.spaces.genotype import CELL_TYPES, SCHEMA
from dartsx.spaces.recurrent_cell import RECURRENT, RECURRENT_FIELDS, RecurrentCell, build_recurrent_cell
from dartsx.spaces.space import Architecture
from dartsx.spaces.text import MAX_CHARACTERS
from dartsx.spaces.topology import TOPOLOGY, topology_from_string

_CELL_DEPTH = 2  # lists inside a cell: of a node, of an entry


def to_json(architecture: Architecture) -> dict[str, Any]:
    """Return the architecture as a document of plain lists, strings and integers for ``json.dump``."""
    return architecture.document()


def from_json(
    document: Mapping[str, Any] | str | bytes,
    *,
    origin: str = "genotype JSON",
) -> Architecture:
    """Read an architecture from its JSON form.

    Args:
      document: the document as parsed, or its text.
      origin: where it came from, for messages.

    Raises GenotypeError with the path of the offending field, such as ``normal[3][1]``, or, for
    text that is not JSON, with line and column.
    """

    def fail(path: str, message: str) -> NoReturn:
        raise GenotypeError(f"{origin}, {path}: {message}") from None

    if isinstance(document, str | bytes):
        document = _parse(document, origin)
    if isinstance(document, Mapping) and "genotype" in document and "normal" not in document:
        document, origin = document["genotype"], f"{origin}, genotype"
    if isinstance(document, str):
        return from_text(document, origin=origin)
    if not isinstance(document, Mapping):
        raise GenotypeError(f"{origin}: expected an object with {', '.join(FIELDS)}, not {show(document)}")
    schema = document.get("schema", SCHEMA)
    if isinstance(schema, bool) or schema != SCHEMA:
        fail("schema", f"version {show(schema)} is not known; this version reads {SCHEMA}")
    if CHOICES in document:
        return _choices(document[CHOICES], fail)
    if RECURRENT in document:
        return _recurrent(document, origin, fail)
    if TOPOLOGY in document:
        return topology_from_string(document[TOPOLOGY], origin=origin)
    missing = [name for name in FIELDS if name not in document]
    if missing:
        raise GenotypeError(f"{origin}: missing {', '.join(missing)}; given: {show(list(document))}")
    return build_genotype(_fields(document, fail), fail)


def _choices(given: Any, fail: Fail) -> Choices:
    if not isinstance(given, Mapping):
        fail(CHOICES, f"expected an object of decisions and options, not {show(given)}")
    try:
        return Choices(given)
    except GenotypeError as error:
        fail(CHOICES, str(error))


def _recurrent(document: Mapping[str, Any], origin: str, fail: Fail) -> RecurrentCell:
    missing = [name for name in RECURRENT_FIELDS if name not in document]
    if missing:
        raise GenotypeError(f"{origin}: missing {', '.join(missing)}; given: {show(list(document))}")
    depths = zip(RECURRENT_FIELDS, (1, 0), strict=True)
    return build_recurrent_cell({name: _spots(document[name], name, depth, fail) for name, depth in depths}, fail)


def _parse(text: str | bytes, origin: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise GenotypeError(f"{origin}: longer than the {MAX_CHARACTERS} characters allowed")
    try:
        return json.loads(text)
    except RecursionError:
        raise GenotypeError(f"{origin}: not valid JSON: nested too deeply") from None
    except ValueError as error:
        raise GenotypeError(f"{origin}: not valid JSON: {error}") from None


def _fields(document: Mapping[str, Any], fail: Fail) -> dict[str, Spot]:
    depths = {name: _CELL_DEPTH if name in CELL_TYPES else 0 for name in FIELDS}
    return {name: _spots(document[name], name, depth, fail) for name, depth in depths.items()}


def _spots(values: Any, path: str, depth: int, fail: Fail) -> Spot:
    """A list's items as spots, the lists among them too, down to ``depth`` levels below."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        fail(path, f"expected a list, not {show(values)}")
    items = []
    for i, value in enumerate(values):
        inner = depth > 0 and not isinstance(value, str) and isinstance(value, Sequence)
        must = depth == _CELL_DEPTH  # an item of a cell is an entry or a list of entries
        items.append(_spots(value, f"{path}[{i}]", depth - 1, fail) if inner or must else Spot(value, f"{path}[{i}]"))
    return Spot(items, path)
