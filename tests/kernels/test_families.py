"""Both families keep one protocol: with the same parameters, the same values and derivatives up to the layout."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.choice import Forms
from dartsx.kernels.families import CHANNEL_MAJOR, PIXEL_MAJOR
from dartsx.kernels.window import Window
from dartsx.networks.layers import Pool

FEATURES = 4
CASES = {
    "convolve": (lambda family, x, kernel: family.convolve(x, kernel, WINDOW, Forms()), [(3, 2, 3, FEATURES)]),
    "pointwise": (lambda family, x, kernel: family.convolve(x, kernel, Window.even(2, 0), Forms()), [(1, 1, 3, 5)]),
    "batch norm": (lambda family, x, *affine: family.batch_norm(x, *affine)[0], [(3,), (3,)]),
    "statistics": (lambda family, x, *affine: jnp.stack(family.batch_norm(x, *affine)[1:]), [(3,), (3,)]),
    "max": (lambda family, x: family.pool(x, Pool("max", (3, 3), (2, 2), 1)), []),
    "average": (lambda family, x: family.pool(x, Pool("avg", (3, 3), (2, 2), 1)), []),
    "wide average": (lambda family, x: family.pool(x, Pool("avg", (5, 4), (3, 2))), []),
    "padded average": (lambda family, x: family.pool(x, Pool("avg", (3, 3), (1, 1), 1, count_padding=True)), []),
    "linear": (lambda family, x, *weights: family.linear(x, *weights), [(3, FEATURES), (FEATURES,)]),
}
WINDOW = Window((2, 1), ((1, 0), (0, 1)), 2)
MAPS, VECTORS = (2, 7, 6, 3), (2, 3)


def transposed(x):
    """Pixel-major to channel-major."""
    return jnp.moveaxis(x, -1, 0)


@pytest.mark.parametrize("case", CASES)
def test_both_families_compute_the_same(case, x64, quick_jit):
    compute, shapes = CASES[case]
    rng = np.random.default_rng(0)
    x = rng.normal(size=VECTORS if case == "linear" else MAPS)
    parameters = [rng.normal(size=shape) for shape in shapes]
    is_map = compute(PIXEL_MAJOR, jnp.asarray(x), *parameters).ndim == 4

    def values_and_gradients(family, into):
        def loss(x, parameters):
            y = compute(family, into(x), *parameters)
            return jnp.sum(jnp.sin(y)), y

        (_, y), gradients = jax.value_and_grad(loss, (0, 1), has_aux=True)(x, parameters)
        return y, gradients

    def both():
        y, gradients = values_and_gradients(PIXEL_MAJOR, lambda x: x)
        return (transposed(y) if is_map else y, gradients), values_and_gradients(CHANNEL_MAJOR, transposed)

    expected, found = quick_jit(both)()
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_channel_major_maxima_of_other_windows_are_refused():
    with pytest.raises(ValueError, match="channel-major maxima are 3x3 with padding 1"):
        CHANNEL_MAJOR.pool(jnp.zeros((3, 2, 6, 6)), Pool("max", (2, 2), (2, 2)))
