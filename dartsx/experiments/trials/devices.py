"""Slots: the share of this machine that one trial gets, found without starting JAX."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

_MEMORY_SHARE = 0.9  # of a GPU that several trials share: the rest is their contexts'


class Slot(NamedTuple):
    """What a trial gets.

    Attributes:
      cores: numbers of the processor cores it may use.
      environment: further variables of its process.
    """

    cores: tuple[int, ...]
    environment: Mapping[str, str]


def make_slots(count: int | None, cores: list[int], gpus: list[str]) -> list[Slot]:
    """Divides a machine.

    Args:
      count: number of slots; None for one for each GPU, or for each core where there is none.
      cores: the cores' numbers; slots get equal shares, or share cores where these are fewer.
      gpus: names of the GPUs; slots that share one get equal shares of its memory.
    """
    count = count or len(gpus) or len(cores)
    share = max(len(cores) // count, 1)
    return [
        Slot(tuple(cores[(i * share + j) % len(cores)] for j in range(share)), _of_gpu(i, count, gpus))
        for i in range(count)
    ]


def visible_cores() -> list[int]:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def visible_gpus() -> list[str]:
    """GPUs that this process may use, by what CUDA_VISIBLE_DEVICES calls them."""
    if os.environ.get("JAX_PLATFORMS", "").startswith("cpu"):
        return []
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(i) for i, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU")]


def _of_gpu(slot: int, count: int, gpus: list[str]) -> dict[str, str]:
    if not gpus:
        return {}
    sharing = -(-count // len(gpus))
    memory = {"XLA_PYTHON_CLIENT_MEM_FRACTION": f"{_MEMORY_SHARE / sharing:.3f}"} if sharing > 1 else {}
    return {"CUDA_VISIBLE_DEVICES": gpus[slot % len(gpus)]} | memory
