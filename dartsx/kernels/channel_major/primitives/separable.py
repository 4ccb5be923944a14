"""sep_conv_k and dil_conv_k: chains of ReLU, depthwise, pointwise, batch norm (DARTS, section 3.1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.kernels.channel_major.separable_forms import Unit, separable
from dartsx.networks.layers import Weight


@dataclasses.dataclass(frozen=True)
class Separable:
    """`repeats` units of ReLU, depthwise k x k, 1 x 1, batch norm; only the first unit strides."""

    per_source: ClassVar[bool] = False
    kernel: int
    dilation: int = 1
    repeats: int = 1

    def suffix(self, unit: int) -> str:
        """What the names of a unit's arrays end in."""
        return "" if self.repeats == 1 else str(unit + 1)

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """Depthwise [k, k, C] and pointwise [C, C] of every unit."""
        shapes = {}
        for unit in range(self.repeats):
            shape = (self.kernel, self.kernel, channels)
            shapes[f"dw{self.suffix(unit)}"] = Weight(shape, self.kernel**2)
            shapes[f"pw{self.suffix(unit)}"] = Weight((channels, channels), channels)
        return shapes

    def norms(self, stride: int) -> tuple[str, ...]:
        """One after every unit."""
        return tuple(f"bn{self.suffix(unit)}" for unit in range(self.repeats))

    @staticmethod
    def evaluate(members: Mapping[str, Separable], block: Block) -> list[Branches]:
        """Members of equal dilation and length together; all read one shared ReLU."""
        x = block.activation(block.x)
        groups: dict[tuple[int, int], dict[str, Separable]] = {}
        for name, primitive in members.items():
            groups.setdefault((primitive.dilation, primitive.repeats), {})[name] = primitive
        return [Branches(tuple(group), _chain(group, x, block), "always") for group in groups.values()]


def _chain(members: Mapping[str, Separable], x: jax.Array, block: Block) -> jax.Array:
    """Raw outputs [B, G, T, C, N, H, W] of the last units; every inner unit ends in batch norm and activation."""
    primitives = members.values()
    units = [_unit(name, primitive, 0, block) for name, primitive in members.items()]
    y = separable(x, units, block.stride, block.forms)
    for unit in range(1, next(iter(primitives)).repeats):
        keys = [(name, primitive.norms(block.stride)[unit - 1]) for name, primitive in members.items()]
        y = _inner_units(members, unit, block.normalize(keys, y, True), block)
    return y


def _unit(name: str, primitive: Separable, unit: int, block: Block) -> Unit:
    weights, suffix = block.weights[name], primitive.suffix(unit)
    depthwise, pointwise = weights[f"dw{suffix}"], weights[f"pw{suffix}"]
    return Unit(depthwise, pointwise, primitive.dilation)


def _inner_units(members: Mapping[str, Separable], unit: int, x: jax.Array, block: Block) -> jax.Array:
    """A later unit: every edge has its own input x [B, G, T, C, N, H, W], so edges take the place of sources."""
    outputs = []
    for value, (name, primitive) in zip(x, members.items(), strict=True):
        dw, pw, dilation = _unit(name, primitive, unit, block)
        own = Unit(_one_target(dw), _one_target(pw), dilation)
        y = separable(value.reshape(-1, *value.shape[2:]), [own], 1, block.forms)
        outputs.append(y.reshape(*value.shape[:2], *y.shape[3:]))
    return jnp.stack(outputs)


def _one_target(weights: jax.Array) -> jax.Array:
    """[G, T, ...] -> [G * T, 1, ...]."""
    return weights.reshape(-1, 1, *weights.shape[2:])
