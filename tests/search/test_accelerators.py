"""Search steps as GPUs and TPUs run them: traced for any machine, not compiled."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from dartsx.search import Batch, Plan, init_state, make_step, predict, search_problem
from dartsx.spaces import CellSpace, named_space

SHAPE = (8, 8, 3)
SPACES = {
    "cells": CellSpace(("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3"), num_nodes=1),
    "topology": named_space("nb201"),
    "widths of grouped convolutions": named_space("digit_chain"),
}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_only_activations_are_bfloat16(space):
    plan = Plan(space, 10, channels=4, layers=1, dtype="bfloat16")
    problem = search_problem(plan, 10, SHAPE)
    problem = dataclasses.replace(problem, supernet=problem.supernet.clone(backend="gpu"))
    images = jax.ShapeDtypeStruct((4, *SHAPE), jnp.bfloat16)
    batch = Batch(images, jax.ShapeDtypeStruct((4,), jnp.int32))

    def ends(key, batch):
        state = init_state(problem, key, SHAPE)
        return make_step(problem)(state, batch, batch), predict(problem, state, batch.images)

    (state, metrics), logits = jax.eval_shape(ends, jax.random.key(0), batch)
    kept = (state.params, state.batch_stats, state.alpha, state.weight_opt, state.alpha_opt, metrics, logits)
    floats = [leaf for leaf in jax.tree.leaves(kept) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    assert len(floats) > 30
    assert {leaf.dtype for leaf in floats} == {jnp.dtype(jnp.float32)}
