"""sep_conv_k and dil_conv_k: chains of ReLU, depthwise, pointwise, batch norm (DARTS, section 3.1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp

from dartsx.nn import separable_forms as forms
from dartsx.nn.primitives.base import Block, Branches, Weight, halved


@dataclasses.dataclass(frozen=True)
class Separable:
    """`repeats` units of ReLU, depthwise k x k, 1 x 1, batch norm; only the first unit strides."""

    per_source: ClassVar[bool] = False
    kernel: int
    dilation: int = 1
    repeats: int = 1

    def _suffix(self, unit: int) -> str:
        return "" if self.repeats == 1 else str(unit + 1)

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """Depthwise [k, k, C] and pointwise [C, C] of every unit."""
        shapes = {}
        for unit in range(self.repeats):
            shape = (self.kernel, self.kernel, channels)
            shapes[f"dw{self._suffix(unit)}"] = Weight(shape, self.kernel**2)
            shapes[f"pw{self._suffix(unit)}"] = Weight((channels, channels), channels)
        return shapes

    def norms(self, stride: int) -> tuple[str, ...]:
        """One after every unit."""
        return tuple(f"bn{self._suffix(unit)}" for unit in range(self.repeats))

    def macs(self, channels: int, height: int, width: int, stride: int) -> int:
        """repeats * pixels * (k k C + C C), all at the output's size."""
        pixels = halved(height, stride) * halved(width, stride)
        return self.repeats * pixels * (self.kernel**2 * channels + channels**2)

    @staticmethod
    def evaluate(members: Mapping[str, Separable], block: Block) -> list[Branches]:
        """First units of all members from one shared ReLU; then the members that go on, together."""
        y = _units(members, 0, block.activation(block.x), block.targets, block)
        branches = []
        for unit in range(max(p.repeats for p in members.values())):
            if unit > 0:
                y = _inner_units(members, unit, y, block)
            ending = [i for i, p in enumerate(members.values()) if p.repeats == unit + 1]
            names = tuple(members)
            if ending:
                done = y if len(ending) == len(names) else jnp.stack([y[i] for i in ending])
                branches.append(Branches(tuple(names[i] for i in ending), done, "always"))
            going = [i for i in range(len(names)) if i not in ending]
            if not going:
                break
            members = {names[i]: members[names[i]] for i in going}
            keys = [(name, p.norms(block.stride)[unit]) for name, p in members.items()]
            y = block.normalize(keys, jnp.stack([y[i] for i in going]) if ending else y, True)
        return branches


def _unit(name: str, primitive: Separable, unit: int, block: Block) -> forms.Unit:
    weights, suffix = block.weights[name], primitive._suffix(unit)
    depthwise, pointwise = weights[f"dw{suffix}"], weights[f"pw{suffix}"]
    return forms.Unit(depthwise, pointwise, primitive.dilation)


def _units(members, unit, x, targets, block) -> jax.Array:
    units = [_unit(name, primitive, unit, block) for name, primitive in members.items()]
    return forms.separable(x, units, block.stride, block.form)


def _inner_units(members, unit, x, block) -> jax.Array:
    """A later unit: every edge has its own input x [B, G, T, C, N, H, W], so edges take the place of sources."""
    outputs = []
    for value, (name, primitive) in zip(x, members.items(), strict=True):
        dw, pw, dilation = _unit(name, primitive, unit, block)
        own = forms.Unit(_one_target(dw), _one_target(pw), dilation)
        y = forms.separable(value.reshape(-1, *value.shape[2:]), [own], 1, block.form)
        outputs.append(y.reshape(*value.shape[:2], *y.shape[3:]))
    return jnp.stack(outputs)


def _one_target(weights: jax.Array) -> jax.Array:
    """[G, T, ...] -> [G * T, 1, ...]."""
    return weights.reshape(-1, 1, *weights.shape[2:])
