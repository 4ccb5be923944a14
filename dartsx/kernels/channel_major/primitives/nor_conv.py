"""nor_conv_1x1 and nor_conv_3x3: ReLU, dense convolution, batch norm (NAS-Bench-201, arXiv:2001.00326)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.convolution import convolve
from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.kernels.window import Window
from dartsx.networks.layers import Weight


@dataclasses.dataclass(frozen=True)
class NorConv:
    """ReLU, k x k convolution of all channels, batch norm."""

    per_source: ClassVar[bool] = False
    kernel: int

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """[k, k, C, C]."""
        return {"conv": Weight((self.kernel, self.kernel, channels, channels), self.kernel**2 * channels)}

    def norms(self, stride: int) -> tuple[str, ...]:
        """One, at the end."""
        return ("bn",)

    @staticmethod
    def evaluate(members: Mapping[str, NorConv], block: Block) -> list[Branches]:
        """One convolution per source and member, whose output channels are those of all targets."""
        x = block.activation(block.x)
        return [Branches((name,), _convolve(x, block.weights[name]["conv"], block)[None], "always") for name in members]


def _convolve(x: jax.Array, kernels: jax.Array, block: Block) -> jax.Array:
    """x [G, C, N, H, W], kernels [G, T, k, k, C, C] -> [G, T, C, N, H', W']."""
    targets, size, _, channels = kernels.shape[1:5]
    wide = jnp.moveaxis(kernels, 1, 4).reshape(-1, size, size, channels, targets * channels)
    window = Window.even(block.stride, size // 2)
    outputs = [convolve(source, kernel, window, block.forms) for source, kernel in zip(x, wide, strict=True)]
    return jnp.stack([y.reshape(targets, channels, *y.shape[1:]) for y in outputs])
