"""Derivatives of the library's convolution: equal to JAX's, and in the form that XLA:CPU computes fast in loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.extend.core import jaxprs_in_params

from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.grouped import convolve
from dartsx.kernels.pixel_major.library import LAYOUT, plain, steady
from dartsx.kernels.window import Window

WINDOWS = {
    "3x3": ((3, 3), Window.even(1, 1)),
    "strided, with a row that no window reads": ((3, 3), Window((2, 3), ((1, 0), (0, 0)))),
    "dilated": ((3, 2), Window((1, 2), ((2, 1), (0, 0)), 2)),
    "padding beyond the kernel": ((1, 1), Window((2, 1), ((1, 2), (3, 0)))),
}


def derivatives(convolution, size, window):
    """First ones, forward ones of these and backward ones of these, of a curved loss, by both arguments."""
    rng = np.random.default_rng(0)
    shapes = (2, 8, 9, 3), (*size, 3, 4)
    x, kernel, *along = (rng.normal(size=shape) for shape in (*shapes, *shapes))
    weights = rng.normal(size=plain(x, kernel, window).shape)
    first = jax.grad(lambda x, kernel: jnp.sum(weights * jnp.sin(convolution(x, kernel, window))), (0, 1))
    product = lambda x, kernel: sum(map(jnp.vdot, first(x, kernel), along))  # noqa: E731
    return first(x, kernel), jax.jvp(first, (x, kernel), tuple(along))[1], jax.grad(product, (0, 1))(x, kernel)


@pytest.mark.parametrize("size, window", WINDOWS.values(), ids=WINDOWS)
def test_first_and_second_derivatives_are_those_of_jax(size, window, x64):
    ours, theirs = (derivatives(convolution, size, window) for convolution in (steady, plain))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-12), ours, theirs)


@pytest.mark.parametrize("backend, canonical", [("cpu", True), ("gpu", False)])
def test_on_a_cpu_all_convolutions_of_a_gradient_name_the_axes_as_xla_wants_them(backend, canonical):
    window, forms = Window.even(2, 1), Forms(backend)
    loss = lambda x, kernel: jnp.sum(jnp.square(convolve(x, kernel, window, forms)))  # noqa: E731
    x, kernel = jnp.ones((2, 8, 8, 3)), jnp.ones((3, 3, 3, 4))
    jaxpr = jax.make_jaxpr(jax.grad(loss, (0, 1)))(x, kernel)
    found = [eqn.params["dimension_numbers"] for eqn in equations(jaxpr.jaxpr) if "conv" in eqn.primitive.name]
    wanted = lax.conv_dimension_numbers(x.shape, kernel.shape, LAYOUT)
    assert len(found) == 3 and all(numbers == wanted for numbers in found) == canonical


def equations(jaxpr):
    """All equations, those inside of calls included."""
    for eqn in jaxpr.eqns:
        yield eqn
        for inner in jaxprs_in_params(eqn.params):
            yield from equations(inner)
