"""How long a run computes, without the time in which programs are made."""

from __future__ import annotations

import threading
import time

import jax

from dartsx.runtime.cache import COMPILE_EVENTS

_MAKING_EVENTS = ("/jax/core/compile/jaxpr_trace_duration", *COMPILE_EVENTS)


class Clock:
    """Context manager that adds up the wall-clock seconds of its blocks, less those in which JAX makes programs.

    Tracing, lowering and compiling (or reading from the cache of programs) by the thread of the block do not count. JAX
    computes in the background: what a block starts counts if the block waits for it.

    Attributes:
      seconds: sum over all blocks that have ended; may be set, as to what an earlier process has spent.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._thread, self._began = 0, 0.0
        self._making: list[tuple[float, float]] = []  # disjoint spans, in order

    def __enter__(self) -> Clock:
        self._thread, self._making = threading.get_ident(), []
        jax.monitoring.register_event_duration_secs_listener(self._listen)
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        whole = time.monotonic() - self._began
        jax.monitoring.unregister_event_duration_listener(self._listen)
        self.seconds += max(0.0, whole - sum(end - began for began, end in self._making))

    def _listen(self, event: str, duration: float, **_: object) -> None:
        if event not in _MAKING_EVENTS or threading.get_ident() != self._thread:
            return
        end = time.monotonic()
        began = end - duration
        while self._making and self._making[-1][1] > began:  # a trace inside of this one, which ended before
            began = min(began, self._making.pop()[0])
        self._making.append((began, end))
