"""Single layers in channel-major layout [C, N, H, W]: convolution, batch norm, preprocessing of cell inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import flax.linen as nn
import jax

from dartsx.kernels import initial_weights
from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.convolution import convolve
from dartsx.kernels.channel_major.linear import global_average, linear
from dartsx.kernels.channel_major.primitives import factorized_reduction
from dartsx.kernels.choice import Forms
from dartsx.kernels.running_statistics import Key, Stats, all_fresh, all_moved
from dartsx.kernels.window import Window
from dartsx.networks.layers import Weight

_ONE: Key = ("norm", "bn")


def keep_running(module: nn.Module, shapes: Mapping[Key, tuple[int, int]]) -> nn.Variable:
    """The module's ``batch_stats`` variable with the statistics of all its norms."""
    return module.variable("batch_stats", "norms", all_fresh, shapes)


def advance(module: nn.Module, stats: nn.Variable, batch: Mapping[Key, Stats]) -> None:
    """Moves the running averages, but only where the caller made ``batch_stats`` mutable.

    Virtual, perturbed and unrolled passes do not, so that only real weight steps change the statistics.
    """
    if module.is_mutable_collection("batch_stats") and not module.is_initializing():
        stats.value = all_moved(stats.value, batch)


class BatchNorm(nn.Module):
    """Batch norm of [C, N, H, W], with scale and bias if `affine`."""

    affine: bool = True

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Normalises by the batch (train) or by the running statistics; same shape and dtype as x."""
        affine = None
        if self.affine:
            scale = self.param("scale", nn.initializers.ones, x.shape[:1])
            affine = {_ONE: (scale, self.param("bias", nn.initializers.zeros, x.shape[:1]))}
        stats = keep_running(self, {_ONE: (1, x.shape[0])})
        norms = Norms(None if train else stats.value, affine)
        y = norms([_ONE], x[None])[0]
        if train:
            advance(self, stats, norms.batch)
        return y


class Conv(nn.Module):
    """Convolution without bias of [C, N, H, W]; `padding` pixels on every side."""

    features: int
    kernel: int
    stride: int = 1
    padding: int = 0
    forms: Forms = Forms()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[C, N, H, W] -> [features, N, H', W']."""
        channels, size = x.shape[0], self.kernel
        fan_in = channels * size**2
        weights = self.param("kernel", initial_weights.uniform, (size, size, channels, self.features), fan_in).astype(
            x.dtype
        )
        return convolve(x, weights, Window.even(self.stride, self.padding), self.forms)


class FactorizedReduction(nn.Module):
    """Two offset 1x1 convolutions of stride 2, concatenated."""

    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[C, N, H, W] -> [features, N, H / 2, W / 2]; H and W even."""
        half = Weight((x.shape[0], self.features // 2), x.shape[0])
        weights = {
            name: self.param(name, initial_weights.uniform, *half).astype(x.dtype) for name in ("conv_a", "conv_b")
        }
        return factorized_reduction(x, **weights)


class Preprocess(nn.Module):
    """Brings an input of a cell to the cell's width and size: ReLU, 1x1 convolution (or reduction), batch norm."""

    features: int
    reduce: bool
    affine: bool = True
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    forms: Forms = Forms()

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """[C, N, H, W] -> [features, N, H, W], or half the size if `reduce`."""
        x = self.activation(x)
        if self.reduce:
            x = FactorizedReduction(self.features, name="reduction")(x)
        else:
            x = Conv(self.features, 1, forms=self.forms, name="conv")(x)
        return BatchNorm(self.affine, name="bn")(x, train)


class Classifier(nn.Module):
    """Global average and linear layer, in float32 or wider."""

    classes: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[C, N, H, W] -> logits [N, classes]."""
        channels = x.shape[0]
        kernel = self.param("kernel", initial_weights.uniform, (channels, self.classes), channels)
        bias = self.param("bias", initial_weights.uniform, (self.classes,), channels)
        return linear(global_average(x), kernel, bias)
