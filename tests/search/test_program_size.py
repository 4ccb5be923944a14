"""The search step stays one compact program, however many edges a cell has: operations counted before XLA sees them."""

import jax
import jax.numpy as jnp
import pytest

from dartsx import optim
from dartsx.nn import Supernet
from dartsx.search import Batch, SearchProblem, darts, init_state, make_step
from dartsx.spaces import CellSpace


def operations(nodes):
    """Operations in the step of a tiny supernet whose cells have `nodes` nodes."""
    supernet = Supernet(CellSpace(num_nodes=nodes), 2, 3, remat="branch", form="rows")
    rate = optim.cosine_per_epoch(0.025, 0.001, 1, 1)
    sgd, adam = optim.sgd(rate, 0.9, 3e-4, 5.0), optim.adam(3e-4, 0.5, 0.999, 1e-3)
    problem = SearchProblem(supernet, darts("first_order"), sgd, adam, rate, 0.9, 3e-4, total_steps=1)
    state = jax.eval_shape(lambda key: init_state(problem, key, (8, 8, 3)), jax.random.key(0))
    batch = Batch(jax.ShapeDtypeStruct((4, 8, 8, 3), jnp.float32), jax.ShapeDtypeStruct((4,), jnp.int32))
    text = jax.jit(make_step(problem)).lower(state, batch, batch).as_text()
    return text.count(" = stablehlo.")


@pytest.fixture(scope="module")
def two_nodes():
    return operations(2)


def test_more_edges_make_no_longer_program(two_nodes):
    # Five edges a cell, and fourteen.
    assert operations(4) <= 1.02 * two_nodes


def test_a_step_stays_below_its_ceiling(two_nodes):
    assert two_nodes <= 22_000  # 20,665 with JAX 0.10.2
