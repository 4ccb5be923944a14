"""Layers with weights."""

from __future__ import annotations

import dataclasses
import math

from dartsx.networks.layers.layer import SameShape, Shape, SingleLayer, Weight
from dartsx.networks.windows import Padding, Pair, count, pads


@dataclasses.dataclass(frozen=True)
class Conv(SingleLayer):
    """Convolution. Weights: ``kernel`` [kh, kw, C / groups, features], ``bias`` [features] where there is one."""

    features: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = 0
    groups: int = 1
    bias: bool = False
    dilation: int = 1

    @property
    def reach(self) -> Pair:
        """Height and width of what one output pixel reads."""
        return tuple((k - 1) * self.dilation + 1 for k in self.kernel)

    def pads(self, size: Pair) -> tuple[Pair, Pair]:
        """Padding of a map of this height and width, as `windows.pads`."""
        return pads(self.padding, self.reach, self.stride, size)

    def output(self, x: Shape) -> Shape:
        """(height', width', features)."""
        if x[2] % self.groups or self.features % self.groups:
            raise ValueError(f"{x[2]} to {self.features} channels cannot be split into {self.groups} groups")
        return (*count(x[:2], self.pads(x[:2]), self.reach, self.stride), self.features)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel, in height, width, input, output order, and the bias."""
        inputs = x[2] // self.groups
        fan_in = math.prod(self.kernel) * inputs
        weights = {"kernel": Weight((*self.kernel, inputs, self.features), fan_in)}
        return weights | {"bias": Weight((self.features,), 0)} if self.bias else weights

    def macs(self, x: Shape) -> int:
        """kh kw (C / groups) features for every output pixel; taps that read padding count as well."""
        height, width, features = self.output(x)
        return height * width * features * math.prod(self.kernel) * (x[2] // self.groups)


@dataclasses.dataclass(frozen=True)
class Linear(SingleLayer):
    """Linear layer on a vector. Weights: ``kernel`` [inputs, features], ``bias`` [features]."""

    features: int

    def output(self, x: Shape) -> Shape:
        """(features,)."""
        if len(x) != 1:
            raise ValueError(f"a linear layer reads a vector, not a map of shape {x}")
        return (self.features,)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Kernel and bias."""
        return {"kernel": Weight((x[0], self.features), x[0]), "bias": Weight((self.features,), 0)}

    def macs(self, x: Shape) -> int:
        """inputs * features."""
        return x[0] * self.features


@dataclasses.dataclass(frozen=True)
class Norm(SameShape):
    """Batch normalisation (arXiv:1502.03167), with ``scale`` and ``bias`` [channels] where it is `affine`."""

    epsilon: float = 1e-5
    affine: bool = True

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Scale and bias; the running mean and variance, which are not trained, have the same shape."""
        return {"scale": Weight(x[-1:], 0), "bias": Weight(x[-1:], 0)} if self.affine else {}
