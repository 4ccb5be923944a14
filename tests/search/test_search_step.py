"""The contract of a search step, for every method in one table."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.nn import Supernet
from dartsx.search import Batch, SearchProblem, darts, init_state, make_step, predict
from dartsx.spaces import CellSpace

STEPS = 6
METHODS = {
    "first_order": functools.partial(darts, "first_order"),
    "finite_difference": functools.partial(darts, "finite_difference"),
    "exact": functools.partial(darts, "exact"),
}
SPACE = CellSpace(primitives=("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3"), num_nodes=1)


def _problem(method, alpha_start=0, dtype=jnp.float32) -> SearchProblem:
    rate = optim.cosine_per_epoch(0.05, 0.001, 2, STEPS)
    return SearchProblem(
        supernet=Supernet(SPACE, channels=2, layers=2, classes=3, dtype=dtype),
        method=METHODS[method](init_scale=0.1),
        weight_optimizer=optim.sgd(rate, 0.9, 3e-4, 5.0),
        alpha_optimizer=optim.adam(0.01, 0.5, 0.999, 1e-3),
        rate=rate,
        momentum=0.9,
        weight_decay=3e-4,
        total_steps=2 * STEPS,
        alpha_start=alpha_start,
    )


def _batches(seed=0):
    """Easy images: the class is the brightest channel."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, (2, 16))
    images = 0.3 * rng.normal(size=(2, 16, 8, 8, 3)) + np.eye(3)[labels][:, :, None, None]
    return [Batch(jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.int32)) for x, y in zip(images, labels, strict=True)]


class Searched:
    """One method's compiled step, and what it does from one start."""

    def __init__(self, method, quick_jit):
        self.problem = _problem(method)
        self.start = _start(self.problem, quick_jit)
        self.batches = _batches()
        self.step = quick_jit(make_step(self.problem))
        self.states, self.metrics = [self.start], []
        for _ in range(STEPS):
            state, metrics = self.step(self.states[-1], *self.batches)
            self.states.append(state)
            self.metrics.append(metrics)


def _start(problem, quick_jit):
    return quick_jit(lambda key: init_state(problem, key, (8, 8, 3)))(jax.random.key(0))


@pytest.fixture(scope="module", params=sorted(METHODS))
def searched(request, quick_jit):
    return Searched(request.param, quick_jit)


@pytest.fixture(scope="module")
def first_order(quick_jit):
    return Searched("first_order", quick_jit)


def _equal(a, b):
    same = jax.tree.map(lambda x, y: np.array_equal(_plain(x), _plain(y)), a, b)
    return all(jax.tree.leaves(same))


def _plain(x):
    return np.asarray(jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x)


def test_both_losses_fall(searched):
    for split in ("train", "valid"):
        losses = [float(metrics[split]["loss"]) for metrics in searched.metrics]
        assert losses[-1] < 0.8 * losses[0]


def test_alphas_weights_and_step_move_and_the_key_stays(searched):
    first, last = searched.states[0], searched.states[-1]
    assert int(last.step) == STEPS
    assert not _equal(first.alpha, last.alpha)
    assert not _equal(first.params, last.params)
    assert _equal(first.key, last.key)


def test_step_is_pure(searched):
    assert _equal(searched.step(searched.start, *searched.batches)[0], searched.states[1])


def test_steps_in_one_scan_equal_single_steps(first_order, quick_jit):
    step = make_step(first_order.problem)

    def chunk(state):
        return jax.lax.scan(lambda s, _: step(s, *first_order.batches), state, length=3)[0]

    scanned, single = quick_jit(chunk)(first_order.start), first_order.states[3]
    for name in ("alpha", "params", "batch_stats"):
        ours, theirs = getattr(scanned, name), getattr(single, name)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4), ours, theirs)


def test_only_the_weight_step_moves_running_statistics(searched, quick_jit):
    """One pass over the training batch, at the old weights and the new alphas, explains them completely."""
    start, after = searched.start, searched.states[1]
    mixture = searched.problem.method.mixture(after.alpha, start.key, jnp.zeros(()))
    variables = {"params": start.params, "batch_stats": start.batch_stats}
    apply = searched.problem.supernet.apply
    _, moved = quick_jit(lambda v, x, m: apply(v, x, m, True, mutable=["batch_stats"]))(
        variables, searched.batches[0].images, mixture
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), moved["batch_stats"], after.batch_stats
    )


def test_prediction_uses_running_statistics_of_single_images(first_order, quick_jit):
    """Without batch statistics an image's scores do not depend on its neighbours."""
    images = first_order.batches[0].images
    scores = quick_jit(lambda x: predict(first_order.problem, first_order.states[-1], x))
    changed = scores(images.at[2:].multiply(-3.0))
    np.testing.assert_allclose(scores(images)[:2], changed[:2], rtol=1e-4, atol=1e-5)
    assert not np.allclose(scores(images)[2:], changed[2:])


def test_alphas_rest_before_their_start(quick_jit):
    problem = _problem("first_order", alpha_start=2)
    state, step, alphas = _start(problem, quick_jit), quick_jit(make_step(problem)), []
    for _ in range(3):
        alphas.append(jax.tree.map(np.asarray, state.alpha))
        state, _ = step(state, *_batches())
    assert _equal(alphas[0], alphas[2])
    assert not _equal(alphas[0], state.alpha)
    assert int(state.alpha_opt[1].count) == 1


def test_bfloat16_activations_leave_the_state_in_float32_and_finite(quick_jit):
    problem = _problem("exact", dtype=jnp.bfloat16)
    state, metrics = quick_jit(make_step(problem))(_start(problem, quick_jit), *_batches())
    for leaf in jax.tree.leaves((state.params, state.batch_stats, state.alpha)):
        assert leaf.dtype == jnp.float32
        assert np.isfinite(leaf).all()
    assert np.isfinite(metrics["valid"]["alpha_gradient_norm"])


def test_unknown_hypergradient_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="'second'.*first_order, finite_difference, exact"):
        darts("second")
