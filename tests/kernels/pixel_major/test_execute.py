"""Primitive layers compute what they say, against independent NumPy; batch norm against automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.activations import ACTIVATIONS
from dartsx.kernels.pixel_major.batch_norm import batch_norm
from dartsx.kernels.pixel_major.execute import COMPUTE, Context, execute
from dartsx.kernels.pixel_major.pools import adaptive_pool, pool
from dartsx.networks import Trace, layers
from dartsx.networks.layers import Input, Pool
from dartsx.networks.open import layers as open_layers

X = np.random.default_rng(0).normal(size=(2, 7, 6, 4))


def run(layer, *inputs):
    """One layer without weights on arrays."""
    trace = Trace()
    trace.add(layer, *(trace.add(Input(x.shape[1:])) for x in inputs))
    return np.asarray(execute(trace.steps, [jnp.asarray(x) for x in inputs], {}, Context(None)))


def windows(layer, x):
    """All windows of a pool, as (real values in row-major order [k, N, C], size of the whole window)."""
    (top, _), (left, _) = layer.pads(x.shape[1:3])
    out = layer.output(x.shape[1:])
    for i in range(out[0]):
        for j in range(out[1]):
            rows = [r for r in range(i * layer.stride[0] - top, i * layer.stride[0] - top + layer.kernel[0])]
            columns = [c for c in range(j * layer.stride[1] - left, j * layer.stride[1] - left + layer.kernel[1])]
            pixels = [(r, c) for r in rows for c in columns if 0 <= r < x.shape[1] and 0 <= c < x.shape[2]]
            yield (i, j), pixels


POOLS = [
    Pool(kind, *rest)
    for kind in ("max", "avg")
    for rest in (((3, 3), (2, 2), 1), ((3, 2), (1, 2), "same"), ((3, 3), (2, 2), 0, False, True), ((1, 1), (2, 2)))
] + [Pool("avg", (3, 3), (2, 2), 1, count_padding=True)]


@pytest.mark.parametrize("layer", POOLS, ids=repr)
def test_pools_read_their_windows(layer, x64):
    y = np.asarray(pool(jnp.asarray(X), layer))
    assert y.shape[1:] == layer.output(X.shape[1:])
    for (i, j), pixels in windows(layer, X):
        values = np.stack([X[:, r, c] for r, c in pixels])
        area = layer.kernel[0] * layer.kernel[1]
        divisor = area if layer.count_padding else len(pixels)
        expected = values.max(0) if layer.kind == "max" else values.sum(0) / divisor
        np.testing.assert_allclose(y[:, i, j], expected)


def test_the_gradient_of_a_maximum_goes_to_the_first_of_equals(x64):
    layer, x = Pool("max", (3, 3), (2, 2), 1), np.random.default_rng(1).integers(0, 3, X.shape).astype(float)
    weights = np.random.default_rng(2).normal(size=(2, *layer.output(x.shape[1:])))
    gradient = jax.grad(lambda x: (pool(x, layer) * weights).sum())(jnp.asarray(x))
    expected = np.zeros_like(x)
    for (i, j), pixels in windows(layer, x):
        values = np.stack([x[:, r, c] for r, c in pixels])
        for n, channel in np.ndindex(values.shape[1:]):
            row, column = pixels[values[:, n, channel].argmax()]
            expected[n, row, column, channel] += weights[n, i, j, channel]
    np.testing.assert_allclose(gradient, expected)


@pytest.mark.parametrize("size", [1, 3, 9])
def test_adaptive_pools_average_nearly_equal_parts(size, x64):
    y = np.asarray(adaptive_pool(jnp.asarray(X), size))
    for i, j in np.ndindex(size, size):
        rows = slice(i * 7 // size, -(-(i + 1) * 7 // size))
        columns = slice(j * 6 // size, -(-(j + 1) * 6 // size))
        np.testing.assert_allclose(y[:, i, j], X[:, rows, columns].mean((1, 2)))


def test_activations_follow_their_formulas(x64):
    x = np.linspace(-8, 8, 41)
    sigmoid, hard = 1 / (1 + np.exp(-x)), np.clip(x + 3, 0, 6) / 6
    expected = {
        "relu": x.clip(0), "relu6": x.clip(0, 6), "swish": x * sigmoid, "hard_swish": x * hard,
        "sigmoid": sigmoid, "hard_sigmoid": hard,
    }  # fmt: skip
    assert set(expected) == set(layers.ACTIVATIONS) == set(ACTIVATIONS)
    for kind, values in expected.items():
        np.testing.assert_allclose(run(layers.Activation(kind), x.reshape(1, 1, 1, -1)).ravel(), values, atol=1e-12)


def test_layers_that_move_channels(x64):
    y = run(layers.Shuffle(2), X)
    np.testing.assert_array_equal(y, X[..., [0, 2, 1, 3]])
    np.testing.assert_array_equal(run(layers.Slice(1, 3), X), X[..., 1:3])
    np.testing.assert_array_equal(run(layers.PadChannels(6), X)[..., :4], X)
    assert not run(layers.PadChannels(6), X)[..., 4:].any()
    np.testing.assert_array_equal(run(layers.Concat(), X, -X), np.concatenate([X, -X], -1))
    np.testing.assert_array_equal(run(layers.Add(), X, X, X), 3 * X)
    np.testing.assert_array_equal(run(layers.Flatten(), X), X.reshape(2, -1))
    gate = X[:, :1, :1]
    np.testing.assert_array_equal(run(layers.Multiply(), X, gate), X * gate)
    np.testing.assert_allclose(run(layers.GlobalPool(), X), X.mean((1, 2)))


def test_local_response_normalisation_follows_its_formula(x64):
    y = run(layers.LocalNorm(3, 0.1, 0.75, 2.0), X)
    squares = np.pad(X**2, [(0, 0)] * 3 + [(1, 1)])
    sums = squares[..., :-2] + squares[..., 1:-1] + squares[..., 2:]
    np.testing.assert_allclose(y, X / (2 + 0.1 * sums) ** 0.75)


def test_every_layer_has_its_function():
    own = {
        kind
        for module in (layers, open_layers)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__.startswith(module.__name__) and hasattr(kind, "output")
    }
    elsewhere = {layers.Layer, layers.Input, layers.Norm}  # the protocol; given; in `Context.normalize`
    assert own - elsewhere == set(COMPUTE)


@pytest.mark.parametrize("shape", [(2, 7, 6, 4), (3, 1, 1, 4)])
def test_batch_norm_and_its_derivative(shape, x64):
    rng = np.random.default_rng(0)
    x, scale, bias, weights = (jnp.asarray(rng.normal(size=s)) for s in (shape, shape[-1:], shape[-1:], shape))

    def formula(x, scale, bias):
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) / jnp.sqrt(variance + 1e-3) * scale + bias, mean, variance

    results = batch_norm(x, scale, bias, 1e-3)
    for given, expected in zip(results, formula(x, scale, bias), strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-10, atol=1e-12)
    gradients = [
        jax.grad(lambda *args, f=f: (f(*args)[0] * weights).sum(), (0, 1, 2))(x, scale, bias)
        for f in (lambda *args: batch_norm(*args, 1e-3), formula)
    ]
    for given, expected in zip(*gradients, strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("size", [(14, 12), (9, 11), (7, 6), (3, 4)])
def test_bilinear_resizing_weighs_neighbours_by_distance(size, x64):
    y = X
    for axis, new in ((1, size[0]), (2, size[1])):
        old = y.shape[axis]
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        y = y.take(low, axis) * (1 - share) + y.take(np.minimum(low + 1, old - 1), axis) * share
    np.testing.assert_allclose(run(layers.Resize(size), X), y, atol=1e-12)


def test_nearest_resizing_repeats_pixels(x64):
    np.testing.assert_array_equal(run(layers.Resize((14, 12), "nearest"), X), X.repeat(2, 1).repeat(2, 2))


def test_zero_is_zero_at_every_stride():
    assert run(layers.Zero(2), X).shape == (2, 4, 3, 4) and not run(layers.Zero(2), X).any()
