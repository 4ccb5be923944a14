"""Reads the files of a work directory: text, JSON, JSON Lines, and fields of a checked type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dartsx.report.errors import RunError


def read_json(text: str, where: str) -> dict[str, Any]:
    """Parse a JSON object; ``where`` names its place in messages."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise RunError(f"{where} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise RunError(f"{where} must be a JSON object, not {type(value).__name__}")
    return value


def read_text(path: Path) -> str:
    """A file's text, or a RunError that names the file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RunError(f"{path.name} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path.name} cannot be read: {error}") from None


def json_lines(path: Path, unfinished: bool = False) -> tuple[dict[str, Any], ...]:
    """The objects of a JSON Lines file; none where the file is missing.

    `unfinished`: it may be being written, and a last line without an end is left out.
    """
    if not path.exists():
        return ()
    text = read_text(path)
    whole = text[: text.rfind("\n") + 1] if unfinished else text
    lines = enumerate(whole.splitlines(), start=1)
    return tuple(read_json(line, f"{path.name}, line {number},") for number, line in lines if line.strip())


class Fields:
    """A JSON object whose fields are read with a check of their type."""

    def __init__(self, path: Path, data: dict[str, Any] | None = None, where: str | None = None):
        self.path = path
        self.where = where or path.name
        self.data = read_json(read_text(path), path.name) if data is None else data

    def get(self, key: str, kind: type) -> Any:
        """The field's value; an int also counts as a float, a bool as neither."""
        if key not in self.data:
            raise RunError(f"{self.where} has no field {key!r}")
        value = self.data[key]
        accepted = (int, float) if kind is float else kind
        if isinstance(value, bool) or not isinstance(value, accepted):
            raise RunError(f"{self.where}: {key} must be {kind.__name__}, not {value!r}")
        return value

    def optional(self, key: str, kind: type) -> Any:
        """The field's value, or None where it is null or missing."""
        return None if self.data.get(key) is None else self.get(key, kind)

    def inner(self, key: str) -> Fields:
        """The object in a field."""
        return Fields(self.path, self.get(key, dict), f"{self.where}: {key}")
