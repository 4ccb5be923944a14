"""Batch normalisation and its sum: values, gradients, and derivatives of gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major import norm
from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.moments import FEW, moments
from dartsx.kernels.running_statistics import all_fresh, all_moved

B, G, T, C, N, H, W = 3, 2, 2, 4, 5, 3, 2


def plain_normalize(x, relu=False):
    mean = jnp.mean(x, (-3, -2, -1), keepdims=True)
    variance = jnp.mean((x - mean) ** 2, (-3, -2, -1), keepdims=True)
    y = (x - mean) / jnp.sqrt(variance + 1e-5)
    return jax.nn.relu(y) if relu else y


def plain_sum(weight, x):
    return jnp.einsum("bgt,bgtcnhw->tcnhw", weight, plain_normalize(x))


def arrays(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(jnp.asarray(rng.normal(size=shape)) for shape in shapes)


def assert_same_derivatives(given, expected, primals, tangents):
    """Value, gradient, and the jvp of the gradient, with respect to all arguments together."""
    arguments = tuple(range(len(primals)))

    def all_orders(f):
        gradient = jax.grad(f, arguments)
        return f(*primals), *jax.jvp(gradient, primals, tangents)

    for a, b in zip(
        *(jax.tree.leaves(jax.jit(lambda f=f: all_orders(f))()) for f in (given, expected)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("samples", [(N, H, W), (9, 4, 3)], ids=["few", "many"])
@pytest.mark.parametrize("relu", [False, True])
def test_normalize_equals_automatic_differentiation(x64, relu, samples):
    assert (np.prod(samples) <= FEW) == (samples == (N, H, W))
    x, dx, cotangent = arrays(*[(2, C, *samples)] * 3)

    def given(x):
        return jnp.sum(jnp.sin(norm.normalize(2 * x + 3, relu)[0]) * cotangent)

    def expected(x):
        return jnp.sum(jnp.sin(plain_normalize(2 * x + 3, relu)) * cotangent)

    assert_same_derivatives(given, expected, (x,), (dx,))


def test_normalized_sum_equals_automatic_differentiation(x64):
    shape = (B, G, T, C, N, H, W)
    weight, x, dweight, dx = arrays((B, G, T), shape, (B, G, T), shape)
    (cotangent,) = arrays((T, C, N, H, W), seed=1)

    def given(weight, x):
        return jnp.sum(jnp.sin(norm.normalized_sum(weight, x)[0]) * cotangent)

    def expected(weight, x):
        return jnp.sum(jnp.sin(plain_sum(weight, x)) * cotangent)

    assert_same_derivatives(given, expected, (weight, x), (dweight, dx))


def test_statistics_are_returned_without_gradient(x64):
    (x,) = arrays((2, C, N, H, W))
    _, mean, variance = norm.normalize(x)
    np.testing.assert_allclose(mean, x.mean((2, 3, 4)), atol=1e-14)
    np.testing.assert_allclose(variance, x.var((2, 3, 4)), atol=1e-14)
    gradient = jax.grad(lambda x: jnp.sum(norm.normalize(x)[1] + norm.normalize(x)[2]))(x)
    np.testing.assert_array_equal(gradient, 0)


def test_few_samples_that_lie_close_together_keep_their_variance():
    x = jnp.asarray(1000 + np.array([0.0, 0.01, 0.02, 0.03]), jnp.float32).reshape(1, 4, 1, 1)
    exact = np.var(np.asarray(x, np.float64))
    np.testing.assert_allclose(moments(x, norm.AXES)[1], exact, rtol=1e-3)


def test_statistics_of_bfloat16_are_float32():
    x = jnp.ones((C, N, H, W), jnp.bfloat16)
    y, mean, variance = norm.normalize(x)
    assert (y.dtype, mean.dtype, variance.dtype) == (jnp.bfloat16, jnp.float32, jnp.float32)
    y, mean, _ = norm.normalized_sum(jnp.ones((B, G, T)), jnp.ones((B, G, T, *x.shape), x.dtype))
    assert (y.dtype, mean.dtype) == (jnp.bfloat16, jnp.float32)


def test_running_averages_move_by_a_tenth_with_the_unbiased_variance(x64):
    (x,) = arrays((1, C, N, H, W))
    key = ("conv", "bn")
    norms = Norms(None)
    norms([key], x)
    stats = all_moved(all_fresh({key: (1, C)}), norms.batch)["conv"]["bn"]
    np.testing.assert_allclose(stats["mean"], 0.1 * x.mean((2, 3, 4)))
    np.testing.assert_allclose(stats["var"], 0.9 + 0.1 * np.var(x, axis=(2, 3, 4), ddof=1))


def test_running_statistics_normalise_in_evaluation(x64):
    x, mean = arrays((B, G, T, C, N, H, W), (B, G * T, C))
    variance = jnp.abs(mean) + 0.5
    keys = [("op", str(b)) for b in range(B)]
    running = {"op": {str(b): {"mean": mean[b], "var": variance[b]} for b in range(B)}}
    (weight,) = arrays((B, G, T), seed=1)

    def spread(stats):
        return stats.reshape(B, G, T, C, 1, 1, 1)

    y = (x - spread(mean)) / jnp.sqrt(spread(variance) + 1e-5)
    norms = Norms(running)
    np.testing.assert_allclose(norms(keys, x), y)
    expected = jnp.einsum("bgt,bgtcnhw->tcnhw", weight, y)
    np.testing.assert_allclose(norms.weighted_sum(keys, weight, x), expected, atol=1e-12)
    assert not norms.batch
