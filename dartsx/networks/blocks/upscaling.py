"""Blocks of networks that make images larger; none has a batch norm, as usual there (arXiv:1707.02921, section 3.1)."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.layers import PixelShuffle, Resize, Scaled
from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class Shuffled:
    """k x k convolution to factor^2 times the features, whose channels become pixels (ESPCN, arXiv:1609.05158).

    [H, W, C] -> [factor H, factor W, features].
    """

    features: int
    factor: int = 2
    kernel: int = 3

    def build(self, trace: Trace, x: Value) -> Value:
        """Convolution with bias, pixel shuffle."""
        y = trace.conv(x, self.features * self.factor**2, self.kernel, bias=True)
        return trace.add(PixelShuffle(self.factor), y) if self.factor > 1 else y


@dataclasses.dataclass(frozen=True)
class Doubled:
    """Every pixel four times, then a 3x3 convolution and ReLU: [H, W, C] -> [2 H, 2 W, features] (arXiv:1809.00219)."""

    features: int

    def build(self, trace: Trace, x: Value) -> Value:
        """Resize, convolution with bias, activation."""
        larger = trace.add(Resize((2 * x.shape[0], 2 * x.shape[1]), "nearest"), x)
        return trace.block(ConvNorm(self.features, 3, norm=False), larger)


@dataclasses.dataclass(frozen=True)
class Bicubic:
    """A map `factor` times larger by Keys's cubic kernel with a = -1/2; nothing is trained."""

    factor: int

    def build(self, trace: Trace, x: Value) -> Value:
        """Resize."""
        return trace.add(Resize((self.factor * x.shape[0], self.factor * x.shape[1]), "cubic"), x)


@dataclasses.dataclass(frozen=True)
class OverBicubic:
    """y = bicubic(x) + blocks(x): the blocks make what the bicubic image lacks (VDSR, arXiv:1511.04587, section 3.2).

    Attributes:
      factor: how many times larger the image becomes.
      blocks: one after the other; together they make images of that size.
    """

    factor: int
    blocks: tuple[Block, ...]

    def build(self, trace: Trace, x: Value) -> Value:
        """Resize, blocks, sum."""
        y = x
        for i, block in enumerate(self.blocks):
            y = trace.block(block, y, f"block{i}")
        return trace.sum(trace.block(Bicubic(self.factor), x), y)


@dataclasses.dataclass(frozen=True)
class PlainResidual:
    """y = x + scale F(x), F = 3x3 relu 3x3, without norms (EDSR, arXiv:1707.02921, figure 2c)."""

    features: int
    scale: float = 1.0

    def build(self, trace: Trace, x: Value) -> Value:
        """Two convolutions with biases, the shortcut."""
        y = trace.act(trace.conv(x, self.features, 3, bias=True, name="conv1"), "relu")
        y = trace.conv(y, self.features, 3, bias=True, name="conv2")
        return trace.sum(x, y if self.scale == 1 else trace.add(Scaled(self.scale), y))


@dataclasses.dataclass(frozen=True)
class PlainGrouped:
    """3x3 convolution in groups of `width` channels, ReLU, 1x1 convolution to the features, ReLU; without norms."""

    features: int
    width: int = 4

    def build(self, trace: Trace, x: Value) -> Value:
        """Both convolutions with biases."""
        y = trace.conv(x, x.channels, 3, groups=x.channels // self.width, bias=True, name="grouped")
        return trace.block(ConvNorm(self.features, 1, norm=False), trace.act(y, "relu"), "pointwise")


@dataclasses.dataclass(frozen=True)
class Recursive:
    """3x3 convolution with ReLU, and again `times` - 1 times with the same weights (DRCN, arXiv:1511.04491).

    As many channels come out as go in; parameters are those of one convolution, multiply-adds those of `times`.
    """

    times: int = 2

    def build(self, trace: Trace, x: Value) -> Value:
        """All applications."""
        first = trace.conv(x, x.channels, 3, bias=True)
        y = trace.act(first, "relu")
        for _ in range(self.times - 1):
            y = trace.act(trace.conv(y, x.channels, 3, bias=True, name="again", tied=first), "relu")
        return y
