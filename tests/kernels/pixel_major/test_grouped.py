"""Grouped convolutions: all forms give the library's values and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.grouped import FORMS, convolve
from dartsx.kernels.window import Window

# Kernel, stride, padding, dilation, channels, features, groups; odd and even maps, strides per axis, padding that cuts.
CASES = {
    "depthwise": ((3, 3), (1, 1), ((1, 1), (1, 1)), 1, 6, 6, 6),
    "depthwise, strided": ((5, 3), (2, 1), ((2, 2), (1, 1)), 1, 6, 6, 6),
    "depthwise, dilated": ((3, 3), (2, 2), ((2, 2), (2, 2)), 2, 4, 4, 4),
    "depthwise, TensorFlow's padding": ((3, 3), (2, 2), ((0, 1), (1, 1)), 1, 4, 4, 4),
    "multiplied": ((3, 3), (1, 1), ((1, 1), (1, 1)), 1, 4, 8, 4),
    "grouped": ((3, 3), (2, 2), ((1, 1), (1, 1)), 1, 8, 12, 4),
    "pointwise": ((1, 1), (1, 1), ((0, 0), (0, 0)), 1, 6, 12, 3),
    "cut": ((1, 1), (2, 2), ((-1, 1), (-1, 1)), 1, 6, 6, 2),
}


@pytest.mark.parametrize("form", [form for form in FORMS if form != "plain"])
@pytest.mark.parametrize("case", CASES)
def test_forms_agree(case, form, x64, quick_jit):
    kernel, stride, padding, dilation, channels, features, groups = CASES[case]
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 7, 6, channels)), rng.normal(size=(*kernel, channels // groups, features))
    window = Window(stride, padding, dilation)
    weights = rng.normal(size=jax.eval_shape(lambda x: FORMS["plain"](x, w, window, groups), x).shape)

    def values_and_gradients(form):
        def loss(x, w):
            y = convolve(x, w, window, Forms(form=form), groups)
            return (y * weights).sum(), y

        return jax.value_and_grad(loss, (0, 1), has_aux=True)(x, w)

    plain, other = quick_jit(lambda: (values_and_gradients("plain"), values_and_gradients(form)))()
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-10)


def test_one_group_in_any_form_is_the_library_or_a_product(x64):
    rng = np.random.default_rng(0)
    x, w = jnp.asarray(rng.normal(size=(2, 5, 6, 3))), jnp.asarray(rng.normal(size=(1, 1, 3, 4)))
    window = Window((2, 2), ((0, 0), (0, 0)))
    expected = np.einsum("nhwc,cd->nhwd", x[:, ::2, ::2], w[0, 0])
    np.testing.assert_allclose(convolve(x, w, window, Forms(form="taps")), expected)
    np.testing.assert_allclose(FORMS["plain"](x, w, window, 1), expected)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("groups", [1, 3])
def test_padding_may_cut_the_first_row_and_column(size, groups, x64):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, size, size, 3)), rng.normal(size=(1, 1, 3 // groups, 3))
    y = convolve(jnp.asarray(x), jnp.asarray(w), Window((2, 2), ((-1, 1), (-1, 1))), Forms(), groups)
    shifted = np.pad(x[:, 1:, 1:], [(0, 0), (0, 1), (0, 1), (0, 0)])[:, ::2, ::2]
    expected = shifted * w[0, 0, 0] if groups == 3 else shifted @ w[0, 0]
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_unknown_forms_are_refused():
    with pytest.raises(ValueError, match="unknown form 'rows' of grouped convolution; allowed: plain, taps, dense"):
        window = Window((1, 1), ((1, 1), (1, 1)))
        convolve(jnp.zeros((1, 3, 3, 2)), jnp.zeros((3, 3, 1, 2)), window, Forms(form="rows"), 2)
