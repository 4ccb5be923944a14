"""Reads the file of a table: presence, decompression, checksum."""

import bz2
import gzip
import hashlib
import importlib.resources
import io
import lzma
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

_OPENERS = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open, ".pbz2": bz2.open}


class TableError(ValueError):
    """A table that is not there, is damaged, or has no such entry; the message says which and what is allowed."""


def shipped(name: str) -> pathlib.Path:
    """Path of a table that ships with the package."""
    return pathlib.Path(str(importlib.resources.files("dartsx.tabular") / "data" / name))


def existing(path: str | os.PathLike, what: str, source: str) -> pathlib.Path:
    """Return the path if something is there.

    Raises TableError that says what is needed and where it comes from.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise TableError(f"no {what} table at {path}; needed: {source}")
    return path


def read_bytes(path: pathlib.Path) -> bytes:
    """Return a file's content, decompressed by its suffix (.xz, .gz, .bz2, .pbz2).

    Raises TableError if it cannot be read.
    """
    try:
        with _OPENERS.get(path.suffix, open)(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise TableError(f"{path} cannot be read: {error}") from None


def read_csv(path: pathlib.Path, key: str, columns: Sequence[str], sha256: str | None) -> pd.DataFrame:
    """Read a CSV table.

    Args:
      path: .csv, or compressed.
      key: column of texts that names the rows.
      columns: columns of numbers that it must have; empty cells become NaN.
      sha256: SHA-256 of the decompressed text, or None for no check.

    Raises TableError for another checksum, missing columns, and values that are no numbers.
    """
    content = read_bytes(path)
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise TableError(
            f"{path}: SHA-256 of the table is {found}, expected {sha256}: damaged or another version; "
            "verify=False reads it all the same"
        )
    try:
        frame = pd.read_csv(io.BytesIO(content), dtype={key: str})
    except (ValueError, UnicodeDecodeError) as error:
        raise TableError(f"{path} is not the CSV of a table: {error}") from None
    missing = [name for name in (key, *columns) if name not in frame]
    if missing:
        raise TableError(f"{path}: columns missing: {', '.join(missing)}; found: {', '.join(frame)[:200]}")
    frame[key] = frame[key].fillna("")
    return numbers(frame, columns, str(path))


def numbers(frame: pd.DataFrame, columns: Sequence[str], where: str) -> pd.DataFrame:
    """Return the table with these columns as numbers.

    Raises TableError that names the first value that is none, or is not finite.
    """
    for name in columns:
        read = pd.to_numeric(frame[name], errors="coerce")
        odd = (read.isna() & frame[name].notna()) | np.isinf(read)
        if odd.any():
            raise TableError(f"{where}: column {name} holds {frame[name][odd].iloc[0]!r}, which is no number")
        frame[name] = read
    return frame
