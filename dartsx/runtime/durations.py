"""How long programs took to compile, remembered beside the compiled ones, so that who waits knows for how long."""

from __future__ import annotations

import contextlib
import json
import pathlib
import zlib
from typing import Any

import jax

NAME = "durations.json"


def program_key(name: str, arguments: Any) -> str:
    """What stands for a program: its name, the shapes of its arguments, and the kind of device."""
    shapes = [f"{leaf.shape}{leaf.dtype}" for leaf in jax.tree.leaves(arguments) if hasattr(leaf, "shape")]
    return f"{name} {zlib.crc32(' '.join(shapes).encode()):08x} {jax.devices()[0].device_kind}"


def last_duration(key: str) -> float | None:
    """Seconds that the program took when it was last compiled; None where nobody knows."""
    return _read().get(key)


def remember_duration(key: str, seconds: float) -> None:
    """Keeps the seconds in the folder of the compilation cache; without a cache, or on a full disk, in none."""
    folder = _folder()
    if folder is not None:
        with contextlib.suppress(OSError):
            part = folder / f"{NAME}.{zlib.crc32(key.encode()):08x}.part"
            part.write_text(json.dumps({**_read(), key: round(seconds, 1)}))
            part.replace(folder / NAME)


def _folder() -> pathlib.Path | None:
    folder = jax.config.jax_compilation_cache_dir
    return pathlib.Path(folder) if folder else None


def _read() -> dict[str, float]:
    folder = _folder()
    try:
        found = json.loads((folder / NAME).read_text()) if folder else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
