"""A step compiled by JAX as a task: cache, the phases of its start, figures of the program."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import psutil

from benchmarks.hlo import count_kernels
from benchmarks.tasks.base import MEGABYTE, Task
from dartsx.runtime import collector_paused, enable_compilation_cache, jit, record_run_info


class Phases:
    """Seconds between calls, by name; the first phase, ``imports``, begins with the process.

    Attributes:
      seconds: by the clock.
      processor: spent by all threads of the process, which other programs hardly change.
    """

    def __init__(self):
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self._last = (psutil.Process().create_time(), 0.0)
        self.end("imports")

    def end(self, name: str) -> None:
        """Ends the phase that began where the last one ended."""
        now = (time.time(), time.process_time())
        self.seconds[name], self.processor[name] = (new - old for new, old in zip(now, self._last, strict=True))
        self._last = now


def compiled_task(make: Callable[[], tuple[Callable, Any, tuple]], cache: str) -> Task:
    """Compiles a step, with the persistent cache in the folder `cache`, and does it once.

    Args:
      make: () -> (step, state, batches) with step(state, *batches) -> (state, metrics).
      cache: a folder, or empty for none.
    """
    enable_compilation_cache(cache)
    phases = Phases()
    step, state, batches = jax.block_until_ready(make())
    phases.end("initial state")
    with collector_paused():  # as the loop does
        traced = jit(step, donate_argnums=0).trace(state, *batches)
        phases.end("trace")
        lowered = traced.lower()
        phases.end("lower")
        program = lowered.compile()
        phases.end("compile")
    held = [state]
    del state

    def advance() -> None:
        held[0], _ = jax.block_until_ready(program(held[0], *batches))

    advance()
    phases.end("first step")
    return Task(
        advance,
        record_run_info() | {"phases": phases.seconds, "processor": phases.processor},
        _device_peak,
        lambda: _figures(program),
    )


def _device_peak() -> int | None:
    device = jax.devices()[0]
    return None if device.platform == "cpu" else (device.memory_stats() or {}).get("peak_bytes_in_use")


def _figures(program: jax.stages.Compiled) -> dict[str, float]:
    kernels = count_kernels(program.as_text())
    memory = program.memory_analysis()
    return {
        "kernels": kernels.written,
        "launches": kernels.launched,
        "temporary_mb": memory.temp_size_in_bytes / MEGABYTE,
    }
