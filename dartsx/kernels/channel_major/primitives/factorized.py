"""conv_7x1_1x7 and conv_3x1_1x3: a k x k convolution as a row and a column (NASNet, arXiv:1707.07012)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.networks.layers import Weight


@dataclasses.dataclass(frozen=True)
class Factorized:
    """ReLU, 1 x k convolution (strides the width), k x 1 (strides the height), batch norm."""

    per_source: ClassVar[bool] = False
    kernel: int

    def weight_names(self) -> tuple[str, str]:
        """Names of the row and of the column."""
        return f"conv_1x{self.kernel}", f"conv_{self.kernel}x1"

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """[1, k, C, C] and [k, 1, C, C]."""
        row, column = self.weight_names()
        fan_in = self.kernel * channels
        return {
            row: Weight((1, self.kernel, channels, channels), fan_in),
            column: Weight((self.kernel, 1, channels, channels), fan_in),
        }

    def norms(self, stride: int) -> tuple[str, ...]:
        """One, at the end."""
        return ("bn",)

    @staticmethod
    def evaluate(members: Mapping[str, Factorized], block: Block) -> list[Branches]:
        """Library convolutions, one pair per edge."""
        x = block.activation(block.x)
        outputs = []
        for name, primitive in members.items():
            row, column = (block.weights[name][key] for key in primitive.weight_names())
            over_targets = jax.vmap(_row_column, (None, 0, 0, None))
            outputs.append(jax.vmap(over_targets, (0, 0, 0, None))(x, row, column, block.stride))
        return [Branches(tuple(members), jnp.stack(outputs), "always")]


def _row_column(x: jax.Array, row: jax.Array, column: jax.Array, stride: int) -> jax.Array:
    pad = row.shape[1] // 2
    layout = ("CNHW", "HWIO", "CNHW")
    y = lax.conv_general_dilated(x, row, (1, stride), [(0, 0), (pad, pad)], dimension_numbers=layout)
    return lax.conv_general_dilated(y, column, (stride, 1), [(pad, pad), (0, 0)], dimension_numbers=layout)
