"""Computes what `dartsx.networks` writes down: one function per primitive layer, and the walk over a list of steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.kernels.activations import ACTIVATIONS
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.grouped import convolve
from dartsx.kernels.pixel_major.linear import linear
from dartsx.kernels.pixel_major.opened import Opened
from dartsx.kernels.pixel_major.pools import adaptive_pool, pool
from dartsx.kernels.window import Window
from dartsx.networks import layers
from dartsx.networks.anchors import COORDINATES
from dartsx.networks.layers import GlobalMax, Rows
from dartsx.networks.open.layers import Mixed, Weighted
from dartsx.networks.open.layout import in_open_groups
from dartsx.networks.step import Step

Weights = Mapping[str, jax.Array]


class Normalize(Protocol):
    """Batch normalisation of the step of this name."""

    def __call__(self, name: str, x: jax.Array, weights: Weights, epsilon: float) -> jax.Array:
        """x [N, H, W, C] -> the same shape."""
        ...


class Context(NamedTuple):
    """What layers need besides weights and inputs.

    Attributes:
      normalize: batch norm.
      dropout: (x, rate) -> x; the identity outside training.
      drop_path: x -> x; the identity unless training asks for it.
      forms: the forms in which grouped convolutions are computed.
      relu: ReLU, or a smooth stand-in (tests of derivatives).
      lift: (function, step) -> the function for values with more leading axes; batch norm is left out, as `normalize`
        sees to it.
      opened: the mixture of an open network's decisions; None for closed ones.
    """

    normalize: Normalize
    dropout: Callable[[jax.Array, float], jax.Array] = lambda x, rate: x
    drop_path: Callable[[jax.Array], jax.Array] = lambda x: x
    forms: Forms = Forms()
    relu: Callable[[jax.Array], jax.Array] = jax.nn.relu
    lift: Callable[[Callable, Step], Callable] = lambda compute, step: compute
    opened: Opened | None = None


def execute(
    steps: Sequence[Step],
    inputs: Sequence[jax.Array],
    weights: Mapping[str, Weights],
    context: Context,
) -> jax.Array:
    """Computes a traced network or block.

    Args:
      steps: steps of a `dartsx.networks.Trace`.
      inputs: values of its `Input` steps, in order: [N, H, W, C] or [N, features].
      weights: name of a step -> name of an array -> the array.
      context: what layers need besides inputs and weights.

    Returns:
      The result of the last step.
    """
    return evaluate(steps, inputs, weights, context)[-1]


def evaluate(
    steps: Sequence[Step],
    inputs: Sequence[jax.Array],
    weights: Mapping[str, Weights],
    context: Context,
) -> list[jax.Array]:
    """The results of all steps; arguments as of `execute`."""
    given = iter(inputs)
    values: list[jax.Array] = []
    for step in steps:
        if isinstance(step.layer, layers.Input):
            values.append(next(given))
            continue
        read = [values[i] for i in step.inputs]
        if context.opened is not None:
            layouts = (steps[i].segments for i in step.inputs)
            read = [context.opened.masked(step.layer, x, layout) for x, layout in zip(read, layouts, strict=True)]
        own = weights.get(step.tied or step.name, {})
        if isinstance(step.layer, layers.Norm):
            values.append(context.normalize(step.name, read[0], own, step.layer.epsilon))
            continue
        compute = functools.partial(_compute, step, context)
        values.append(context.lift(compute, step)(read, own))
    return values


def _compute(step: Step, context: Context, inputs: list[jax.Array], weights: Weights) -> jax.Array:
    return COMPUTE[type(step.layer)](step, inputs, weights, context)


def _conv(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    (x,), layer = inputs, step.layer
    window = Window(layer.stride, layer.pads(x.shape[1:3]), layer.dilation)
    kernel, groups = weights["kernel"].astype(x.dtype), int(layer.groups)  # of an open number the widest
    if in_open_groups(layer, channels := step.input_shapes[0][-1]):
        kernel, groups = context.opened.ungrouped(layer, channels, kernel), 1
    y = convolve(x, kernel, window, context.forms, groups)
    return y + weights["bias"].astype(x.dtype) if layer.bias else y


def _linear(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    """Computes in float32 or wider."""
    (x,) = inputs
    return linear(x, weights["kernel"], weights["bias"])


def _activation(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    return context.relu(inputs[0]) if step.layer.kind == "relu" else ACTIVATIONS[step.layer.kind](inputs[0])


def _global_pool(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    (x,) = inputs
    dtype = jnp.promote_types(x.dtype, jnp.float32)
    return jnp.mean(x, (1, 2), dtype=dtype, keepdims=step.layer.keep).astype(x.dtype)


def _rows(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    layer, half = step.layer, len(inputs) // 2
    rows = lambda x, size: x.reshape(x.shape[0], -1, size)  # noqa: E731
    scores = [rows(x, layer.classes) + layer.first_score for x in inputs[:half]]
    pairs = zip(scores, (rows(x, COORDINATES) for x in inputs[half:]), strict=True)
    joined = jnp.concatenate([jnp.concatenate(pair, -1) for pair in pairs], 1)
    return joined.astype(jnp.promote_types(joined.dtype, jnp.float32))


def _local_norm(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    """x / (k + alpha * sum of squares over neighbouring channels)^beta."""
    (x,), layer = inputs, step.layer
    below = layer.size // 2
    padding = [(0, 0)] * (x.ndim - 1) + [(below, layer.size - 1 - below)]
    window = (1,) * (x.ndim - 1) + (layer.size,)
    # A NumPy zero: under jit only a known one makes it the sum, which has a derivative.
    squares = lax.reduce_window(jnp.square(x), np.zeros((), x.dtype), lax.add, window, (1,) * x.ndim, padding)
    return x * (layer.bias + layer.alpha * squares) ** -layer.beta


def _pad_channels(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    (x,) = inputs
    return jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, step.layer.features - x.shape[-1])])


def _resize(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    (x,), layer = inputs, step.layer
    factors = [new // old for new, old in zip(layer.size, x.shape[1:3], strict=True)]
    if layer.kind == "nearest" and layer.size == tuple(np.multiply(factors, x.shape[1:3])):
        return jnp.repeat(jnp.repeat(x, factors[0], 1), factors[1], 2)  # its derivative is a sum and no scatter
    return jax.image.resize(x, (x.shape[0], *layer.size, x.shape[-1]), layer.kind, antialias=False)


def _zero(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    return jnp.zeros((inputs[0].shape[0], *step.shape), inputs[0].dtype)


def _shuffle(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    (x,), groups = inputs, step.layer.groups
    return x.reshape(*x.shape[:-1], groups, -1).swapaxes(-1, -2).reshape(x.shape)


def _pixel_shuffle(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    (x,), factor = inputs, step.layer.factor
    *rest, height, width, _ = x.shape
    y = x.reshape(*rest, height, width, -1, factor, factor)
    y = jnp.moveaxis(y, (-2, -1), (-4, -2))  # height, factor, width, factor, channels
    return y.reshape(*rest, factor * height, factor * width, -1)


def _noise(step: Step, inputs, weights: Weights, context: Context) -> jax.Array:
    """Other numbers for every input, the same for the same: the input seeds them; no gradient flows."""
    (x,) = inputs
    total = jnp.sum(lax.stop_gradient(x), dtype=jnp.float32)
    key = jax.random.fold_in(jax.random.key(0), lax.bitcast_convert_type(total, jnp.uint32))
    return jax.random.normal(key, (x.shape[0], *step.shape), x.dtype)


COMPUTE: dict[type, Callable[[Step, list[jax.Array], Weights, Context], Any]] = {
    layers.Conv: _conv,
    layers.Linear: _linear,
    layers.Activation: _activation,
    layers.Pool: lambda step, inputs, weights, context: pool(inputs[0], step.layer),
    layers.AdaptivePool: lambda step, inputs, weights, context: adaptive_pool(inputs[0], step.layer.size),
    layers.GlobalPool: _global_pool,
    GlobalMax: lambda step, inputs, weights, context: jnp.max(inputs[0], (1, 2), keepdims=True),
    Rows: _rows,
    layers.Flatten: lambda step, inputs, weights, context: inputs[0].reshape(inputs[0].shape[0], -1),
    layers.Dropout: lambda step, inputs, weights, context: context.dropout(inputs[0], step.layer.rate),
    layers.DropPath: lambda step, inputs, weights, context: context.drop_path(inputs[0]),
    layers.LocalNorm: _local_norm,
    layers.Add: lambda step, inputs, weights, context: sum(inputs[1:], inputs[0]),
    layers.Multiply: lambda step, inputs, weights, context: inputs[0] * inputs[1],
    layers.Concat: lambda step, inputs, weights, context: jnp.concatenate(inputs, -1),
    layers.Slice: lambda step, inputs, weights, context: inputs[0][..., step.layer.start : step.layer.stop],
    layers.PadChannels: _pad_channels,
    layers.Resize: _resize,
    Mixed: lambda step, inputs, weights, context: context.opened.mixed(step.layer, inputs[0]),
    Weighted: lambda step, inputs, weights, context: context.opened.weighted(step.layer, inputs),
    layers.Zero: _zero,
    layers.Shuffle: _shuffle,
    layers.PixelShuffle: _pixel_shuffle,
    layers.Scaled: lambda step, inputs, weights, context: step.layer.factor * inputs[0],
    layers.Identity: lambda step, inputs, weights, context: inputs[0],
    layers.Noise: _noise,
}
