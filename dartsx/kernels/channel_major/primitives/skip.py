"""skip_connect (identity, or factorized reduction at stride 2) and none."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.convolution import pointwise
from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.networks.layers import Weight


def factorized_reduction(x: jax.Array, conv_a: jax.Array, conv_b: jax.Array) -> jax.Array:
    """Halves a map by two 1x1 convolutions that read even and odd pixels, and concatenates their channels.

    Args:
      x: [..., C, N, H, W] with even H and W, after ReLU.
      conv_a: [..., C, D / 2], for pixels (0, 0), (0, 2) ...
      conv_b: [..., C, D / 2], for pixels (1, 1), (1, 3) ...

    Returns:
      [..., D, N, H / 2, W / 2]; leading axes of x and the weights broadcast.
    """
    height, width = x.shape[-2:]
    if height % 2 or width % 2:
        raise ValueError(f"factorized reduction needs an even map, got {height}x{width}")
    parts = ((x[..., ::2, ::2], conv_a), (x[..., 1::2, 1::2], conv_b))
    return jnp.concatenate([pointwise(*part) for part in parts], -4)


@dataclasses.dataclass(frozen=True)
class Skip:
    """Identity at stride 1; at stride 2 ReLU, factorized reduction, batch norm."""

    per_source: ClassVar[bool] = False

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """The two 1x1 convolutions [C, C / 2] of the reduction."""
        if stride == 1:
            return {}
        if channels % 2:
            raise ValueError(f"skip_connect at stride 2 needs an even channel count, got {channels}")
        weight = Weight((channels, channels // 2), channels)
        return {"conv_a": weight, "conv_b": weight}

    def norms(self, stride: int) -> tuple[str, ...]:
        """One, after the reduction."""
        return () if stride == 1 else ("bn",)

    @staticmethod
    def evaluate(members: Mapping[str, Skip], block: Block) -> list[Branches]:
        """The sources themselves, or one reduction per edge."""
        (name,) = members
        if block.stride == 1:
            return [Branches((name,), block.x[None, :, None], "never")]
        weights = block.weights[name]
        x = block.activation(block.x)[:, None]
        y = factorized_reduction(x, weights["conv_a"], weights["conv_b"])
        return [Branches((name,), y[None], "always")]


@dataclasses.dataclass(frozen=True)
class Zero:
    """none: contributes nothing, but takes its share of the mixture."""

    per_source: ClassVar[bool] = False

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """No weights."""
        return {}

    def norms(self, stride: int) -> tuple[str, ...]:
        """No norms."""
        return ()

    @staticmethod
    def evaluate(members: Mapping[str, Zero], block: Block) -> list[Branches]:
        """No branch at all."""
        return []
