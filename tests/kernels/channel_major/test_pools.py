"""Pools equal windowed reductions, ties included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from dartsx.kernels.channel_major.pools import avg_pool, max_pool

SIZES = [(8, 8), (7, 5), (2, 3), (1, 1)]


def windows(x, stride, initial, combine):
    dimensions, strides = (1,) * (x.ndim - 2) + (3, 3), (1,) * (x.ndim - 2) + (stride,) * 2
    padding = [(0, 0)] * (x.ndim - 2) + [(1, 1)] * 2
    return lax.reduce_window(x, initial, combine, dimensions, strides, padding)


def reference_max(x, stride):
    return windows(x, stride, -jnp.inf, lax.max)


def reference_avg(x, stride):
    return windows(x, stride, 0.0, lax.add) / windows(jnp.ones_like(x), stride, 0.0, lax.add)


def output_and_gradient(pool, x, stride, cotangent):
    y, pull = jax.vjp(lambda x: pool(x, stride), x)
    return y, pull(cotangent)[0]


@pytest.mark.parametrize(("pool", "reference"), [(max_pool, reference_max), (avg_pool, reference_avg)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
def test_pools_equal_windowed_reductions(x64, quick_jit, pool, reference, stride, size, ties):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, *size))
    # After a ReLU most ties are zeros.
    x = np.maximum(np.round(x), 0) if ties else x
    cotangent = rng.normal(size=(2, 3, *(-(-length // stride) for length in size)))
    given, expected = quick_jit(lambda x: [output_and_gradient(f, x, stride, cotangent) for f in (pool, reference)])(x)
    for a, b in zip(given, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


def test_a_tie_sends_the_gradient_to_the_first_maximum():
    gradient = jax.grad(lambda x: max_pool(x, 2)[0, 0])(jnp.zeros((4, 4)))
    expected = np.zeros((4, 4))
    expected[0, 0] = 1
    np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("pool", [max_pool, avg_pool])
def test_pools_can_be_differentiated_forward_after_a_gradient(x64, pool):
    rng = np.random.default_rng(0)
    x, direction = jnp.asarray(rng.normal(size=(2, 6, 6)))

    def loss(x):
        return jnp.sum(pool(x, 2) ** 3)

    _, product = jax.jvp(jax.grad(loss), (x,), (direction,))
    step = 1e-6
    numeric = (jax.grad(loss)(x + step * direction) - jax.grad(loss)(x - step * direction)) / (2 * step)
    np.testing.assert_allclose(product, numeric, atol=1e-7)


def test_pools_keep_bfloat16():
    x = jnp.ones((2, 4, 4), jnp.bfloat16)
    assert max_pool(x, 2).dtype == avg_pool(x, 2).dtype == jnp.bfloat16
    np.testing.assert_array_equal(np.asarray(avg_pool(x, 1), np.float32), 1)
