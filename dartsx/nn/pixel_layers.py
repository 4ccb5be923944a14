"""The layers of `dartsx.nn.layers` on arrays [N, H, W, C], with the same parameters and statistics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels import initial_weights
from dartsx.kernels.activations import lean_relu
from dartsx.kernels.moments import inverse_deviation, sample_count, unbiased, widen
from dartsx.kernels.pixel_major.affine_norms import AffineNorms
from dartsx.kernels.pixel_major.composed import LAYOUT, factorized_reduction
from dartsx.kernels.pixel_major.norm import normalize
from dartsx.kernels.pixel_major.totals import AXES, side_by_side
from dartsx.kernels.running_statistics import Key
from dartsx.networks.layers import Weight
from dartsx.nn.layers import advance, keep_running

_ONE: Key = ("norm", "bn")


def _apart(weights: jax.Array) -> jax.Array:
    """The weights behind a barrier, and so their gradient.

    XLA would take the transposition of a gradient into the update of the weights, and copy both results of that.
    """
    return lax.optimization_barrier(weights)


class Conv(nn.Module):
    """Convolution without bias of [N, H, W, C]; `padding` pixels on every side."""

    features: int
    kernel: int
    stride: int = 1
    padding: int = 0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[N, H, W, C] -> [N, H', W', features]."""
        channels, size = x.shape[-1], self.kernel
        shape, fan_in = (size, size, channels, self.features), channels * size**2
        weights = _apart(self.param("kernel", initial_weights.uniform, shape, fan_in)).astype(x.dtype)
        if size == 1 and not self.padding:
            return x[:, :: self.stride, :: self.stride] @ weights[0, 0]
        strides, around = (self.stride,) * 2, [(self.padding,) * 2] * 2
        return lax.conv_general_dilated(x, weights, strides, around, dimension_numbers=LAYOUT)


class FactorizedReduction(nn.Module):
    """Two offset 1x1 convolutions of stride 2, concatenated."""

    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[N, H, W, C] -> [N, H / 2, W / 2, features]; H and W even."""
        half = Weight((x.shape[-1], self.features // 2), x.shape[-1])
        weights = {
            name: _apart(self.param(name, initial_weights.uniform, *half)).astype(x.dtype)
            for name in ("conv_a", "conv_b")
        }
        return factorized_reduction(x, **weights)


class Statistics(nn.Module):
    """The running statistics of a batch norm without scale and bias; what normalises by them stands elsewhere."""

    @nn.compact
    def __call__(self, channels: int) -> nn.Variable:
        """The variable, for `channels` channels."""
        return keep_running(self, {_ONE: (1, channels)})


class BatchNorm(nn.Module):
    """Batch norm of [N, H, W, C] with scale and bias."""

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Normalises by the batch (train) or by the running statistics; same shape and dtype as x."""
        scale = self.param("scale", nn.initializers.ones, x.shape[-1:])
        bias = self.param("bias", nn.initializers.zeros, x.shape[-1:])
        stats = keep_running(self, {_ONE: (1, x.shape[-1])})
        norms = AffineNorms(None if train else {_ONE: stats.value[_ONE[0]][_ONE[1]]}, {_ONE: (scale, bias)})
        y = norms([_ONE], x[:, :, :, None, None, None], False)
        if train:
            advance(self, stats, norms.batch)
        return y.reshape(x.shape)


def normalized(parts: Sequence[jax.Array], stats: list[nn.Variable], train: bool, module: nn.Module) -> jax.Array:
    """Normalises n arrays, in training moving their running statistics: [N, H, W, n, C].

    Args:
      parts: raw values, [N, H, W, 1, C] each.
      stats: the variables of the n norms.
      train: normalise by the batch's statistics.
      module: one inside which the variables may be changed.
    """
    if not train:
        x = side_by_side(parts, 3)
        mean, variance = (
            jnp.stack([v.value[_ONE[0]][_ONE[1]][k] for v in stats]).reshape(x.shape[3:]) for k in ("mean", "var")
        )
        return ((widen(x) - mean) * inverse_deviation(variance)).astype(x.dtype)
    y, (mean, variance) = normalize(tuple(parts))
    batch = {"mean": mean, "var": unbiased(variance, sample_count(y, AXES))}
    for i, variable in enumerate(stats):
        own = {key: value[i : i + 1] for key, value in batch.items()}
        advance(module, variable, {_ONE: own})
    return y


class Raw(nn.Module):
    """What stands before the norm of a cell's input: ReLU and 1x1 convolution (or reduction)."""

    features: int
    reduce: bool
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, nn.Variable]:
        """[N, H, W, C] -> [N, H, W, features], or half the size if `reduce`; and the statistics of the norm."""
        x = lean_relu(x) if self.activation is jax.nn.relu else self.activation(x)
        if self.reduce:
            x = FactorizedReduction(self.features, name="reduction")(x)
        else:
            x = Conv(self.features, 1, name="conv")(x)
        return x, Statistics(name="bn")(self.features)


class Preprocess(nn.Module):
    """Brings an input of a derived cell to the cell's width and size: ReLU, 1x1 convolution (or reduction), norm."""

    features: int
    reduce: bool

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """[N, H, W, C] -> [N, H, W, features], or half the size if `reduce`."""
        x = lean_relu(x)
        if self.reduce:
            x = FactorizedReduction(self.features, name="reduction")(x)
        else:
            x = Conv(self.features, 1, name="conv")(x)
        return BatchNorm(name="bn")(x, train)


class Classifier(nn.Module):
    """Global average and linear layer, in float32 or wider."""

    classes: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[N, H, W, C] -> logits [N, classes]."""
        features, channels = jnp.mean(widen(x), (1, 2)), x.shape[-1]
        kernel = self.param("kernel", initial_weights.uniform, (channels, self.classes), channels)
        bias = self.param("bias", initial_weights.uniform, (self.classes,), channels)
        return features @ kernel + bias
