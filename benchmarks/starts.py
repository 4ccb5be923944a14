"""First step after start, with an empty and with a filled compilation cache."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.process import Worker


def say(text: str) -> None:
    """Progress, on the standard error: the standard output is for the result."""
    print(text, file=sys.stderr, flush=True)


def lasting(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a task says of itself, without its start and the command of its process."""
    return {name: value for name, value in about.items() if name not in ("phases", "processor", "command")}


@contextlib.contextmanager
def started_twice(
    task: str, options: Mapping[str, Any], device: str, steps: int, warm: bool = True
) -> Iterator[tuple[Worker, dict[str, Any]]]:
    """A worker that is ready, and the figures of its start.

    Args:
      task: ``search`` or ``network``.
      options: options of the task; the folder ``cache`` is empty.
      device: see `Worker`.
      steps: done before the memory is read.
      warm: start a second process that finds the cache filled, and go on with that one.

    Yields:
      The worker and {compile_cold_s, compile_warm_s, kernels, launches, temporary_mb, peak_mb, peak_warm_mb, phases}:
      seconds from the start of the process to the end of the first step, and the peak memory of the process that
      compiled, and of the one that did not have to.
    """
    say(f"{task}: first start")
    worker = Worker(task, options, device)
    try:
        figures: dict[str, Any] = {"compile_cold_s": worker.start_seconds, "compile_warm_s": None}
        phases = {"cold": worker.about["phases"]}
        worker.steps(steps)
        figures |= {"peak_mb": worker.peak_mb(), "peak_warm_mb": None, "phases": phases} | worker.program()
        if warm:
            worker.close()
            say(f"{task}: second start, after {figures['compile_cold_s']:.1f} s for the first")
            worker = Worker(task, options, device)
            phases["warm"] = worker.about["phases"]
            worker.steps(steps)
            figures |= {"compile_warm_s": worker.start_seconds, "peak_warm_mb": worker.peak_mb()}
        yield worker, figures
    finally:
        worker.close()
