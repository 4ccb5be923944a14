"""Whether this machine has memory for one more trial."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

GIB = 2**30
GUESS = GIB  # bytes of a trial before one was measured: a small search holds about as much


def fits(available: int, need: int, held: Mapping[str, int]) -> bool:
    """Whether there is room for another trial, beside what those that run will still grow to.

    Args:
      available: bytes that are free now.
      need: bytes that a trial comes to hold.
      held: bytes that each of those that run holds now.
    """
    growth = sum(max(need - now, 0) for now in held.values())
    return available - growth >= need


def available() -> int:
    """Free bytes of this machine."""
    return psutil.virtual_memory().available


def resident(pid: int) -> int:
    """Bytes that a process and its children hold; 0 if it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(part.memory_info().rss for part in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0
