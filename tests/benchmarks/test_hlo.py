"""Kernels are counted where they run: in loops, branches and calls, once for each fusion."""

import jax
import jax.numpy as jnp
import pytest

from benchmarks.hlo import count_kernels

LOOP = """HloModule loop, entry_computation_layout={(f32[4]{0})->f32[4]{0}}

%fused (p.0: f32[4]) -> f32[4] {
  %p.0 = f32[4]{0} parameter(0)
  %cosine.1 = f32[4]{0} cosine(%p.0)
  ROOT %sine.1 = f32[4]{0} sine(%cosine.1)
}

%parallel (p.1: f32[4]) -> f32[4] {
  %p.1 = f32[4]{0} parameter(0)
  ROOT %fusion.1 = f32[4]{0} fusion(%p.1), kind=kLoop, calls=%fused
}

%body (p.2: (s32[], f32[4])) -> (s32[], f32[4]) {
  %p.2 = (s32[], f32[4]{0}) parameter(0)
  %i.2 = s32[] get-tuple-element(%p.2), index=0
  %x.2 = f32[4]{0} get-tuple-element(%p.2), index=1
  %next.2 = s32[] fusion(%i.2), kind=kLoop, calls=%fused
  %call.2 = f32[4]{0} call(%x.2), to_apply=%parallel, metadata={op_name="jit(f)/while"}
  ROOT %tuple.2 = (s32[], f32[4]{0}) tuple(%next.2, %call.2)
}

%condition (p.3: (s32[], f32[4])) -> pred[] {
  %p.3 = (s32[], f32[4]{0}) parameter(0)
  %i.3 = s32[] get-tuple-element(%p.3), index=0
  %n.3 = s32[] constant(5)
  ROOT %compare.3 = pred[] compare(%i.3, %n.3), direction=LT
}

ENTRY %main (p.4: f32[4]) -> f32[4] {
  %p.4 = f32[4]{0} parameter(0)
  %zero.4 = s32[] constant(0)
  %copy.4 = f32[4]{0} copy(%p.4)
  %tuple.4 = (s32[], f32[4]{0}, /*index=2*/f32[4]{0}) tuple(%zero.4, %copy.4)
  %while.4 = (s32[], f32[4]{0}) while(%tuple.4), condition=%condition, body=%body, backend_config=TRIPS
  %start.4 = ((f32[4]{0}), f32[4]{0}) all-reduce-start(%copy.4), to_apply=%fused
  %done.4 = f32[4]{0} all-reduce-done(%start.4)
  ROOT %x.4 = f32[4]{0} get-tuple-element(%while.4), index=1
}
"""


def test_a_loop_counts_once_as_text_and_by_its_trips_as_launches():
    known = count_kernels(LOOP.replace("TRIPS", '{"known_trip_count":{"n":"5"}}'))
    assert known.written == 2 + 3  # copy, all-reduce; two fusions and the comparison
    assert known.launched == 2 + 5 * 3
    assert count_kernels(LOOP.replace("TRIPS", "{}")).launched == known.written


def test_a_branch_of_a_conditional_counts():
    text = """ENTRY %main (p: pred[], x: f32[4]) -> f32[4] {
  %p = pred[] parameter(0)
  %x = f32[4]{0} parameter(1)
  ROOT %c = f32[4]{0} conditional(%p, %x, %x), branch_computations={%parallel, %parallel}
}
"""
    assert count_kernels(LOOP.partition("%body")[0] + text).written == 2


def test_a_compiled_scan_is_counted():
    def chain(x):
        return jax.lax.scan(lambda c, _: (jnp.sin(c @ c), None), x, None, length=7)[0]

    one = jax.jit(lambda x: jnp.sin(x @ x)).lower(jnp.ones((8, 8))).compile()
    kernels = count_kernels(one.as_text())
    looped = count_kernels(jax.jit(chain).lower(jnp.ones((8, 8))).compile().as_text())
    assert kernels.written == kernels.launched >= 2
    assert looped.written >= kernels.written
    assert looped.launched >= 7 * kernels.launched


def test_text_that_is_no_module_is_refused():
    with pytest.raises(ValueError, match="no ENTRY"):
        count_kernels("lambda ; a. let in ()")
