"""Residual blocks: basic, bottleneck, and ResNeXt's and SE-ResNet's forms of the latter."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite, gated
from dartsx.networks.open.size import same
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class BasicBlock:
    """y = relu(x' + F(x)), F = norm 3x3 relu norm 3x3: [H, W, C] -> [H / stride, W / stride, features].

    x' is x, or where the shape changes a strided 1x1 convolution with norm (option B) or, with `padded`, x at every
    other pixel with zeros for the new channels (option A). Source: ResNet, arXiv:1512.03385, figure 5 left, section 4.
    """

    features: int
    stride: int = 1
    se: SqueezeExcite | None = None
    padded: bool = False

    def build(self, trace: Trace, x: Value) -> Value:
        """Two convolutions and the shortcut."""
        y = trace.conv(x, self.features, 3, self.stride, name="conv1")
        y = trace.act(trace.norm(y, name="norm1"), "relu")
        y = trace.norm(trace.conv(y, self.features, 3, name="conv2"), name="norm2")
        y = gated(trace, y, self.se, x.channels)
        return added(trace, shortcut(trace, x, self.features, self.stride, self.padded), y)


@dataclasses.dataclass(frozen=True)
class Bottleneck:
    """y = relu(x' + F(x)), F = norm 1x1 relu norm 3x3 relu norm 1x1: [H, W, C] -> [H / stride, W / stride, features].

    The 3x3 convolution has `width` channels (ResNet, arXiv:1512.03385, figure 5 right). With `groups` it is ResNeXt's
    block of that cardinality (arXiv:1611.05431, figure 3c); with `se` SE-ResNet's (arXiv:1709.01507, figure 3).

    Attributes:
      features: output channels.
      width: channels of the 3x3 convolution.
      stride: stride of the 3x3 convolution, as in most released code ("v1.5"), or of the first 1x1 with `stride_first`,
        as in the original ResNet and SE-ResNet.
      groups: groups of the 3x3 convolution.
      se: gate on the branch.
      gate_middle: the gate follows the 3x3 convolution (RegNetY), not the last 1x1.
      padded: where the shape changes, x at every other pixel with zeros for new channels is added (option A).
    """

    features: int
    width: int
    stride: int = 1
    groups: int = 1
    se: SqueezeExcite | None = None
    stride_first: bool = False
    gate_middle: bool = False
    padded: bool = False

    def build(self, trace: Trace, x: Value) -> Value:
        """Three convolutions and the shortcut."""
        first, second = (self.stride, 1) if self.stride_first else (1, self.stride)
        y = trace.conv(x, self.width, 1, first, name="conv1")
        y = trace.act(trace.norm(y, name="norm1"), "relu")
        y = trace.conv(y, self.width, 3, second, groups=self.groups, name="conv2")
        y = trace.act(trace.norm(y, name="norm2"), "relu")
        y = gated(trace, y, self.se if self.gate_middle else None, x.channels)
        y = trace.norm(trace.conv(y, self.features, 1, name="conv3"), name="norm3")
        y = gated(trace, y, None if self.gate_middle else self.se, x.channels)
        return added(trace, shortcut(trace, x, self.features, self.stride, self.padded), y)


def shortcut(trace: Trace, x: Value, features: int, stride: int, padded: bool = False) -> Value:
    """x; where the shape changes its projection by a strided 1x1 convolution and norm (option B), or option A."""
    if stride == 1 and same(x.channels, features):
        return x
    if padded:
        return trace.pad_channels(trace.subsample(x, stride), features)
    with trace.scope("shortcut"):
        return trace.norm(trace.conv(x, features, 1, stride))


def added(trace: Trace, x: Value, branch: Value) -> Value:
    """relu(x + branch); drop path acts on the branch."""
    return trace.act(trace.sum(x, trace.drop_path(branch)), "relu")
