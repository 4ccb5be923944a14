"""The supernet as a function: recomputation, running statistics, precision, refusals."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels import moments
from dartsx.kernels.channel_major import cell_norms
from dartsx.nn import Supernet
from dartsx.spaces import CELL_TYPES, CellSpace

PRIMITIVES = ("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3", "dil_conv_3x3")
SPACE = CellSpace(PRIMITIVES, num_nodes=2)


def supernet(**options):
    """One normal cell, then two reductions."""
    return Supernet(SPACE, channels=4, layers=3, **options)


def inputs(dtype=np.float32):
    rng = np.random.default_rng(0)
    images = jnp.asarray(rng.normal(size=(6, 8, 8, 3)), dtype)
    mixture = {
        kind: jax.nn.softmax(jnp.asarray(rng.normal(size=SPACE.alpha_shapes[kind]), dtype)) for kind in CELL_TYPES
    }
    return images, mixture


@pytest.fixture(scope="module")
def variables(quick_jit):
    """Float32 parameters and fresh statistics."""
    images, mixture = inputs()
    net = supernet()
    return quick_jit(lambda key: net.init(key, images, mixture, True))(jax.random.key(0))


@pytest.fixture(scope="module")
def gradients(variables, quick_jit):
    """Gradients of weights and mixture in float64, by what is recomputed."""

    def compute(remat):
        with jax.enable_x64(True):
            images, mixture = inputs(np.float64)
            wide = jax.tree.map(lambda leaf: leaf.astype(np.float64), variables)
            net = supernet(remat=remat, dtype=np.float64)

            def loss(params, mixture):
                state = {"params": params, "batch_stats": wide["batch_stats"]}
                return jnp.sum(net.apply(state, images, mixture, True) ** 2)

            return quick_jit(jax.grad(loss, (0, 1)))(wide["params"], mixture)

    return functools.cache(compute)


@pytest.mark.parametrize("remat", ["branch", "cell"])
def test_recomputation_changes_no_gradient(gradients, relative_error, remat):
    errors = jax.tree.map(relative_error, gradients(remat), gradients("none"))
    assert max(jax.tree.leaves(errors)) < 1e-11


@pytest.fixture(scope="module")
def trained(variables, quick_jit):
    """Logits and statistics after a training pass that may move them."""
    images, mixture = inputs()
    net = supernet()
    apply = quick_jit(lambda v: net.apply(v, images, mixture, True, mutable=["batch_stats"]))
    return apply(variables)


def test_running_statistics_move_where_they_are_mutable(variables, trained):
    before, after = variables["batch_stats"], trained[1]["batch_stats"]
    moved = jax.tree.map(lambda a, b: bool(np.any(a != b)), before, after)
    assert all(jax.tree.leaves(moved))


def test_running_statistics_stay_where_they_are_not(variables, trained, quick_jit):
    images, mixture = inputs()
    net = supernet()
    logits = quick_jit(lambda v: net.apply(v, images, mixture, True))(variables)
    # A plain array came back: no collection was updated, and the batch was normalised all the same.
    np.testing.assert_allclose(logits, trained[0], rtol=1e-5, atol=1e-6)
    _, state = quick_jit(lambda v: net.apply(v, images, mixture, False, mutable=["batch_stats"]))(variables)
    jax.tree.map(np.testing.assert_array_equal, state["batch_stats"], variables["batch_stats"])


def test_initial_statistics_are_those_before_the_first_batch(variables):
    def check(path, leaf):
        np.testing.assert_array_equal(leaf, float(path[-1].key == "var"))

    jax.tree_util.tree_map_with_path(check, variables["batch_stats"])


def test_evaluation_with_the_statistics_of_a_batch_repeats_training(variables, quick_jit, monkeypatch):
    # Without the unbiasing, a full step towards the batch makes both normalise the same.
    monkeypatch.setattr(cell_norms, "unbiased", lambda variance, count: variance)
    monkeypatch.setattr(moments, "RATE", 1.0)
    images, mixture = inputs()
    net = supernet(remat="none")  # the edge loop is traced once and would not see the patches

    @quick_jit
    def both(variables):
        trained, state = net.apply(variables, images, mixture, True, mutable=["batch_stats"])
        return trained, net.apply({**variables, **state}, images, mixture, False)

    trained, evaluated = both(variables)
    assert np.abs(trained).max() > 0.1
    np.testing.assert_allclose(evaluated, trained, rtol=1e-3, atol=1e-4)


def test_bfloat16_is_for_activations_only(variables, trained, quick_jit, relative_error):
    images, mixture = inputs()
    net = supernet(dtype=jnp.bfloat16)
    logits, state = quick_jit(lambda v: net.apply(v, images, mixture, True, mutable=["batch_stats", "intermediates"]))(
        variables
    )
    initial = jax.eval_shape(lambda key: net.init(key, images, mixture, True), jax.random.key(0))
    kept = (logits, state["batch_stats"], initial["params"], initial["batch_stats"])
    assert {leaf.dtype for leaf in jax.tree.leaves(kept)} == {np.dtype("float32")}
    activations = jax.tree.leaves(state["intermediates"])
    assert {leaf.dtype for leaf in activations} == {np.dtype(jnp.bfloat16)}
    assert relative_error(logits, trained[0]) < 0.05
    stem = [s["stem_bn"]["norms"]["norm"]["bn"] for s in (state["batch_stats"], trained[1]["batch_stats"])]
    assert relative_error(stem[0]["mean"], stem[1]["mean"]) < 0.01


def test_initial_weights_are_uniform_within_the_fan_in(variables):
    params = variables["params"]
    depthwise = params["cell0"]["sep_conv_3x3"]["dw1"]
    pointwise = params["cell0"]["sep_conv_3x3"]["pw1"]
    assert depthwise.shape == (5, 3, 3, 4)
    for weights, fan_in in ((depthwise, 9), (pointwise, 4), (params["stem_conv"]["kernel"], 27)):
        bound = 1 / np.sqrt(fan_in)
        assert np.abs(weights).max() <= bound
        np.testing.assert_allclose(np.std(weights), bound / np.sqrt(3), rtol=0.25)


@pytest.mark.parametrize(
    ("options", "size", "message"),
    [
        ({"remat": "all"}, 8, "unknown remat 'all'; allowed: none, branch, cell"),
        ({"form": "fft"}, 8, "unknown form 'fft'"),
        ({"layers": 0}, 8, "layers must be >= 1"),
        ({}, 6, "needs an even map, got 3x3"),
    ],
)
def test_what_cannot_be_computed_is_refused(options, size, message):
    _, mixture = inputs()
    net = supernet().clone(**options)
    images = jnp.zeros((2, size, size, 3))
    with pytest.raises(ValueError, match=message):
        variables = jax.eval_shape(lambda key: net.init(key, images, mixture, True), jax.random.key(0))
        jax.eval_shape(lambda v: net.apply(v, images, mixture, True), variables)
