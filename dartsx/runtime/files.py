"""Files that are always whole: JSON written aside and moved into place."""

import json
import math
import os
import pathlib
from collections.abc import Mapping
from typing import Any

# A file by such a name is an unfinished write and carries no meaning.
TEMPORARY_SUFFIX = ".tmp"


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Replaces a file in one step: whenever it is read or killed, it is the old or the new one."""
    path = pathlib.Path(path)
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Replaces a file by readable JSON, in one step.

    Raises:
      TypeError, ValueError: if the value is not plain JSON (NaN and infinity are not); the file is
        left as it was.
    """
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=True)
    write_bytes(path, (text + "\n").encode("ascii"))


def finite(value: Any) -> Any:
    """The same with None for numbers that are not finite, which JSON does not know; as results hold them."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: str | os.PathLike) -> Any:
    """Reads a JSON file.

    Raises:
      ValueError: naming the file, if it is not JSON.
      OSError: if it cannot be read.
    """
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
