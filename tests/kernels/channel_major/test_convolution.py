"""Both forms of dense convolution are one function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.convolution import as_product, by_library, convolve
from dartsx.kernels.choice import Forms
from dartsx.kernels.window import Window

CASES = [(3, 1, 1, (5, 4)), (3, 2, 1, (6, 5)), (2, 1, 0, (3, 3))]


@pytest.mark.parametrize(("size", "stride", "padding", "image"), CASES)
def test_products_equal_the_library_with_derivatives(x64, size, stride, padding, image):
    rng = np.random.default_rng(0)
    x, kernel = jnp.array(rng.normal(size=(3, 2, *image))), jnp.array(rng.normal(size=(size, size, 3, 4)))

    def both(form):
        def loss(x, kernel):
            y = form(x, kernel, Window.even(stride, padding))
            return jnp.sum(jnp.sin(y)), y

        return jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))(x, kernel)

    compare = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)  # noqa: E731
    jax.tree.map(compare, both(as_product), both(by_library))


def test_a_1x1_convolution_is_a_product(x64):
    x, kernel = jnp.arange(24.0).reshape(2, 1, 3, 4), jnp.array([[[[1.0], [2.0]]]])
    np.testing.assert_array_equal(convolve(x, kernel, Window.even(2, 0), Forms())[0], (x[0] + 2 * x[1])[:, ::2, ::2])
