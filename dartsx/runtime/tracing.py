"""Making programs in little time: what the host does before XLA compiles, and for programs that run once."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from typing import Any

from dartsx.runtime.compiling import jit


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Python without its garbage collector.

    A trace makes many small objects that live on, over which the collector goes again and again. That takes a
    tenth of the start of a small search from a filled cache.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def run_once(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a function compiled with few optimisations, for one that runs once (initial states)."""
    with collector_paused():
        return jit(function, compiler_options={"xla_backend_optimization_level": 0})(*args)
