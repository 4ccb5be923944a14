"""All forms of a depthwise-separable convolution are the same function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.separable_forms import FORMS, Unit, separable
from dartsx.kernels.choice import Forms

KINDS = {"3": (3, 1), "5": (5, 1), "7": (7, 1), "3 dilated": (3, 2), "5 dilated": (5, 2)}
INPUTS, TARGETS, CHANNELS, FEATURES, BATCH = 2, 3, 4, 6, 2


def units(rng, kinds):
    made = []
    for kind in kinds:
        size, dilation = KINDS[kind]
        depthwise = rng.normal(size=(INPUTS, TARGETS, size, size, CHANNELS))
        pointwise = rng.normal(size=(INPUTS, TARGETS, CHANNELS, FEATURES))
        made.append((depthwise, pointwise, dilation))
    return made


def run(form, x, made, stride, cotangent=None):
    """Output, and gradients with respect to input and weights."""
    dilations = [dilation for *_, dilation in made]

    @jax.jit
    def outputs_and_gradients(x, weights, cotangent):
        def apply(x, weights):
            own = [Unit(*w, d) for w, d in zip(weights, dilations, strict=True)]
            return separable(x, own, stride, Forms(form=form))

        y, pull = jax.vjp(apply, x, weights)
        return y, pull(jnp.ones_like(y) if cotangent is None else cotangent)

    return outputs_and_gradients(x, [w[:2] for w in made], cotangent)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "plain"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("size", "kinds"),
    [
        ((8, 8), ("3", "5", "3 dilated", "5 dilated")),
        ((7, 9), ("7", "5 dilated")),
        ((2, 3), ("5", "5 dilated")),
        ((1, 1), ("3",)),
    ],
    ids=str,
)
def test_forms_agree_with_plain(x64, relative_error, form, stride, size, kinds):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(INPUTS, CHANNELS, BATCH, *size))
    made = units(rng, kinds)
    out = [-(-length // stride) for length in size]
    cotangent = rng.normal(size=(len(kinds), INPUTS, TARGETS, FEATURES, BATCH, *out))
    expected = jax.tree.leaves(run("plain", x, made, stride, cotangent))
    given = jax.tree.leaves(run(form, x, made, stride, cotangent))
    assert expected[0].shape == cotangent.shape
    assert len(given) == len(expected) == 2 + 2 * len(kinds)
    assert max(map(relative_error, given, expected)) < 1e-13


def test_plain_reads_symmetric_windows(x64):
    # One tap in the corner of a dilated kernel: output (r, c) is input (2r - 2, 2c - 2).
    x = np.arange(25.0).reshape(1, 1, 1, 5, 5)
    depthwise = np.zeros((1, 1, 3, 3, 1))
    depthwise[..., 0, 0, 0] = 1
    y = separable(x, [Unit(depthwise, np.ones((1, 1, 1, 1)), 2)], 2, Forms(form="plain"))
    np.testing.assert_array_equal(y[0, 0, 0, 0, 0], [[0, 0, 0], [0, 0, 2], [0, 10, 12]])


def test_forms_keep_bfloat16():
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(INPUTS, CHANNELS, BATCH, 4, 4)), jnp.bfloat16)
    made = [(*(jnp.asarray(w, jnp.bfloat16) for w in u[:2]), u[2]) for u in units(rng, ["3"])]
    for form in FORMS:
        assert run(form, x, made, 1)[0].dtype == jnp.bfloat16


def test_unknown_forms_are_refused():
    with pytest.raises(ValueError, match="'fft'.*plain, dense, rows"):
        separable(jnp.zeros((1, 1, 1, 4, 4)), [], 1, Forms(form="fft"))
