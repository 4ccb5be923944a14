"""What every task offers, and the memory of a process."""

from __future__ import annotations

import pathlib
import resource
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

MEGABYTE = 1e6


class Task(NamedTuple):
    """Something that has done its first step.

    Attributes:
      step: does one more step and waits for its end.
      about: device and versions, and the seconds of the parts of the start.
      device_peak: most bytes of the accelerator's memory in use so far, None on a CPU.
      program: figures of the compiled program; None if there is none.
    """

    step: Callable[[], None]
    about: dict[str, Any]
    device_peak: Callable[[], int | None]
    program: Callable[[], dict[str, float]] | None = None


def host_peak() -> int:
    """Most bytes of this process in main memory so far.

    On Linux from /proc: `getrusage` counts there what the parent had in memory when it started this process.
    """
    status = pathlib.Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
