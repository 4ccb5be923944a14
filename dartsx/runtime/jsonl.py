"""JSON Lines: one record per line, appended, flushed, and cut back when a run resumes."""

import json
import math
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from dartsx.runtime.files import write_bytes


class JsonLines:
    """Appends records to a file, one JSON object per line, each flushed as it is written.

    Numbers survive exactly: floats are written with the shortest digits that read back to the same
    float64 (float32 and bfloat16 widen without loss). JSON knows no NaN: it, infinity and minus
    infinity are written as the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, which
    Python's ``float`` reads. Arrays become nested lists.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        # One unbuffered write per line: a kill leaves whole lines, at worst half a line at the end.
        self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115 (kept open for appending)

    def append(self, record: Mapping[str, Any]) -> None:
        """Writes one record.

        Args:
          record: text keys; values may be numbers, text, None, NumPy and JAX arrays, lists,
            mappings.

        Raises:
          TypeError: for a value that has no JSON form.
        """
        text = json.dumps(plain(record), allow_nan=False, ensure_ascii=True)
        self._file.write(text.encode("ascii") + b"\n")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> "JsonLines":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plain(value: Any) -> Any:
    """Turns numbers, arrays and containers into what strict JSON can hold; see `JsonLines`."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return _number(float(value))
    if isinstance(value, np.generic) or hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.kind == "V":  # bfloat16 and other extension types: widening is exact
            array = array.astype(np.float64)
        return plain(array.tolist())
    raise TypeError(f"no JSON form for {type(value).__name__}: {value!r}")


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def read_records(path: str | os.PathLike) -> list[dict[str, Any]]:
    """Records of a file; half a line at its end is left out, a missing file has none.

    Raises:
      ValueError: naming file and line, if a line before the last is damaged.
    """
    return [record for _, record in _lines(pathlib.Path(path))]


def truncate_after(path: str | os.PathLike, key: str, value: float) -> int:
    """Drops all records whose ``key`` lies above ``value``, and half a line at the end.

    What stays is kept byte for byte, and the file is replaced in one step. Other writers must not
    have the file open.

    Args:
      path: the file; a missing one is left missing.
      key: field to compare, such as ``"step"`` or ``"epoch"``.
      value: the last value that stays; -1 drops everything counted from 0.

    Returns:
      How many lines were dropped, the half line included.

    Raises:
      ValueError: naming file and line, if a line before the last is damaged or lacks the key.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return 0
    kept = []
    for number, (line, record) in enumerate(_lines(path), 1):
        if key not in record:
            raise ValueError(f"{path}, line {number}: no field {key!r}; found {sorted(record)}")
        if record[key] <= value:
            kept.append(line)
    before = path.read_bytes()
    after = b"".join(kept)
    if after != before:
        write_bytes(path, after)
    return len(before.splitlines()) - len(kept)


def _lines(path: pathlib.Path) -> list[tuple[bytes, dict[str, Any]]]:
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    parsed = []
    for number, line in enumerate(lines, 1):
        record = _parse(line)
        if record is not None:
            parsed.append((line, record))
        elif number < len(lines):
            raise ValueError(
                f"{path}, line {number}: not a JSON record: {line[:60]!r}. Only the last line may "
                "be unfinished; repair or remove the file"
            )
    return parsed


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
