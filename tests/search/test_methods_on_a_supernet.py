"""Steps of the real supernet: what the stand-in has not, its derivative rules, its weights, its statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.nn import Supernet
from dartsx.search import Batch, SearchProblem, Task, compose, init_state, make_step
from dartsx.spaces import CellSpace

SPACE = CellSpace(primitives=("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3"), num_nodes=1)


def problem(names, hypergradient, layers, terms=None, dtype=jnp.float32):
    supernet = Supernet(SPACE, channels=4, layers=layers, classes=3, dtype=dtype)
    method = compose(names, Task(SPACE, supernet.cells), None, hypergradient, terms, init_scale=0.1)
    rate = optim.constant(0.05)
    return SearchProblem(
        supernet=supernet.clone(partial=method.partial_channels),
        method=method,
        weight_optimizer=optim.sgd(rate, 0.9, 3e-4, 5.0),
        alpha_optimizer=optim.adam(0.01, 0.5, 0.999, 1e-3),
        rate=rate,
        momentum=0.9,
        weight_decay=3e-4,
        total_steps=10,
    )


def batches():
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(2, 8, 8, 8, 3)), rng.integers(0, 3, (2, 8))
    return [Batch(jnp.asarray(x, jnp.float32), jnp.asarray(y)) for x, y in zip(images, labels, strict=True)]


@pytest.mark.parametrize(
    ("names", "hypergradient", "layers"),
    [
        ("pc_darts+drnas+oles", "unrolled", 2),
        ("lambda_darts+sdarts_rs", "first_order", 4),
        ("gdas", "conjugate_gradient", 2),
    ],
)
def test_combinations_step_with_finite_results_that_move_everything(names, hypergradient, layers, quick_jit):
    made = problem(names, hypergradient, layers, terms=None if hypergradient == "first_order" else 2)
    state = quick_jit(lambda key: init_state(made, key, (8, 8, 3)))(jax.random.key(0))
    after, metrics = quick_jit(make_step(made))(state._replace(step=jnp.int32(4)), *batches())
    for leaf in jax.tree.leaves((after.params, after.batch_stats, after.alpha, metrics)):
        assert np.isfinite(leaf).all()
    for name in ("params", "alpha", "batch_stats"):
        before, moved = (jax.tree.leaves(getattr(s, name)) for s in (state, after))
        assert sum(not np.array_equal(a, b) for a, b in zip(before, moved, strict=True)) >= 0.9 * len(before)
    assert metrics["valid"]["alpha_gradient_norm"] > 0
    if "oles" in names:
        frozen = after.memory["freeze"]["frozen"]
        assert set(frozen) == {"cell0", "cell1"}
        assert all(flags.shape == (2,) for flags in jax.tree.leaves(frozen))
        cosines = np.concatenate([np.ravel(c) for c in jax.tree.leaves(after.memory["freeze"]["cosines"])])
        assert (np.abs(cosines) <= 1 + 1e-5).all() and np.ptp(cosines) > 0
