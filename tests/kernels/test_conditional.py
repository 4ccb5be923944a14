"""Parts that are computed only where they are needed."""

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.kernels.conditional import if_needed

X = jnp.linspace(-1.0, 1.0, 12).reshape(3, 4)
W = jnp.arange(16.0).reshape(4, 4) / 10


def part(w):
    """A part that closes over its weights, with inner results of 12 values each."""

    def compute(x, scale):
        y = x
        for _ in range(5):
            y = jnp.tanh(y @ w)
        return scale * y, {"mean": y.mean(0)}

    return compute


def both(needed, x, scale, w):
    return if_needed(needed, part(w), x, scale)


def test_what_is_needed_has_the_value_and_all_gradients_of_the_part():
    def loss(run):
        return lambda x, scale, w: jnp.sum(run(x, scale, w)[0] ** 2)

    asked = loss(lambda x, scale, w: both(jnp.array(True), x, scale, w))
    plain = loss(lambda x, scale, w: part(w)(x, scale))
    value, gradient = jax.jit(jax.value_and_grad(asked, (0, 1, 2)))(X, 0.5, W)
    expected, expected_gradient = jax.value_and_grad(plain, (0, 1, 2))(X, 0.5, W)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), gradient, expected_gradient)
    # The derivative of a gradient, as the exact hypergradient takes it.
    tangents = (
        jax.jvp(jax.grad(asked, 2), (X, 0.5, W), (X, 1.0, W))[1],
        jax.jvp(jax.grad(plain, 2), (X, 0.5, W), (X, 1.0, W))[1],
    )
    np.testing.assert_allclose(*tangents, rtol=1e-4, atol=1e-5)


def test_what_is_not_needed_is_zero_and_has_no_gradient():
    value, told = both(jnp.array(False), X, 0.5, W)
    assert not np.any(value) and not np.any(told["mean"])
    gradient = jax.grad(lambda *a: jnp.sum(both(jnp.array(False), *a)[0]), (0, 1, 2))(X, 0.5, W)
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(gradient))


def test_the_backward_pass_keeps_the_inputs_only():
    def kept(run):
        return sum(leaf.size for leaf in jax.tree.leaves(jax.vjp(run, X, 0.5, W)[1]))

    inputs = X.size + W.size + 2  # the scale, and whether it is needed
    assert kept(lambda *a: both(jnp.array(True), *a)[0]) <= inputs
    assert kept(lambda x, scale, w: part(w)(x, scale)[0]) > inputs + 4 * X.size
