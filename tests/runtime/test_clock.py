"""Seconds of a run: blocks add up, the making of programs does not count."""

import time
import types

import jax
import jax.numpy as jnp
import pytest

from dartsx.runtime import Clock, clock

TRACE, COMPILATION = "/jax/core/compile/jaxpr_trace_duration", "/jax/core/compile/backend_compile_duration"


@pytest.fixture
def passes(monkeypatch):
    """Lets so many seconds pass, at whose end JAX reports an event of so many seconds."""
    now = [0.0]
    monkeypatch.setattr(clock, "time", types.SimpleNamespace(monotonic=lambda: now[0]))

    def passes(seconds, event=None, duration=0.0):
        now[0] += seconds
        if event:
            jax.monitoring.record_event_duration_secs(event, duration)

    return passes


def test_blocks_add_up_to_what_was_there(passes):
    counted = Clock()
    counted.seconds = 10.0
    for _ in range(2):
        with counted:
            passes(3.0, "/another", 2.0)
        passes(7.0, COMPILATION, 7.0)
    assert counted.seconds == 16.0


def test_what_is_made_inside_of_something_else_is_left_out_once(passes):
    counted = Clock()
    with counted:
        passes(1.0)
        passes(2.0, TRACE, 2.0)
        passes(1.0)
        passes(4.0, TRACE, 4.0)
        passes(1.0, TRACE, 8.0 - 1e-6)  # holds both
        passes(3.0, COMPILATION, 3.0)
        passes(5.0)
    assert counted.seconds == pytest.approx(1.0 + 5.0, abs=1e-5)


def test_tracing_a_program_does_not_count_and_running_it_does():
    def traced(x):
        time.sleep(0.3)
        return jax.pure_callback(lambda value: time.sleep(0.1) or value, jax.ShapeDtypeStruct((), x.dtype), x)

    counted, began = Clock(), time.monotonic()
    with counted:
        jax.jit(traced)(jnp.float32(1)).block_until_ready()
    assert 0.1 <= counted.seconds <= time.monotonic() - began - 0.3
