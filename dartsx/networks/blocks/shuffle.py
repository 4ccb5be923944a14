"""ShuffleNet units: V1 (grouped pointwise convolutions and a channel shuffle) and V2 (channel split)."""

from __future__ import annotations

import dataclasses

from dartsx.networks.layers import Shuffle
from dartsx.networks.open.size import same
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class ShuffleUnitV1:
    """y = relu(x + F(x)), or relu(concat(pool(x), F(x))) at stride 2: [H, W, C] -> [H / s, W / s, features].

    F = grouped 1x1 to features / squeeze, norm, relu, channel shuffle, depthwise 3x3, norm, grouped 1x1, norm. At
    stride 2 F makes features - C channels and x passes a 3x3 average pool. Source: arXiv:1707.01083, figure 2 (b) and
    (c).

    Attributes:
      features: output channels; C at stride 1.
      groups: groups of the pointwise convolutions.
      stride: stride of the depthwise convolution.
      ungrouped_first: the first pointwise convolution has one group: in the first unit of stage 2, whose input has few
        channels (section 3.2).
      squeeze: how many times narrower the depthwise convolution is.
    """

    features: int
    groups: int = 3
    stride: int = 1
    ungrouped_first: bool = False
    squeeze: int = 4

    def build(self, trace: Trace, x: Value) -> Value:
        """Both branches and their combination."""
        middle, first = self.features // self.squeeze, 1 if self.ungrouped_first else self.groups
        made = self.features if self.stride == 1 else self.features - x.channels
        y = trace.conv(x, middle, 1, groups=first, name="compress")
        y = trace.act(trace.norm(y, name="compress_norm"), "relu")
        y = trace.add(Shuffle(self.groups), y)
        y = trace.conv(y, middle, 3, self.stride, groups=middle, name="depthwise")
        y = trace.norm(y, name="depthwise_norm")
        y = trace.norm(trace.conv(y, made, 1, groups=self.groups, name="expand"), name="expand_norm")
        if self.stride == 1:
            return trace.act(trace.sum(x, trace.drop_path(y)), "relu")
        pooled = trace.pool(x, "avg", 3, self.stride, 1, count_padding=True)
        return trace.act(trace.concat(pooled, y), "relu")


@dataclasses.dataclass(frozen=True)
class ShuffleUnitV2:
    """y = shuffle(concat(x1, F(x2))) with x split in halves: [H, W, C] -> [H / stride, W / stride, features].

    F = 1x1, norm, relu, depthwise 3x3, norm, 1x1, norm, relu, each with features / 2 channels. At stride 2 (or where
    C differs from features) both branches read all of x, and the first is depthwise 3x3, norm, 1x1, norm, relu.
    Source: arXiv:1807.11164, figure 3 (c) and (d).
    """

    features: int
    stride: int = 1

    def build(self, trace: Trace, x: Value) -> Value:
        """Split, branch, concatenation, shuffle."""
        half = self.features // 2
        if self.stride == 1 and same(x.channels, self.features):
            kept, y = trace.split(x, half, half)
        else:
            with trace.scope("branch1"):
                kept = _depthwise(trace, x, self.stride)
                kept = trace.norm(trace.conv(kept, half, 1, name="pointwise"), name="pointwise_norm")
                kept = trace.act(kept, "relu")
            y = x
        with trace.scope("branch2"):
            y = trace.norm(trace.conv(y, half, 1, name="pointwise1"), name="pointwise1_norm")
            y = _depthwise(trace, trace.act(y, "relu"), self.stride)
            y = trace.norm(trace.conv(y, half, 1, name="pointwise2"), name="pointwise2_norm")
            y = trace.act(y, "relu")
        return trace.add(Shuffle(2), trace.concat(kept, y))


def _depthwise(trace: Trace, x: Value, stride: int) -> Value:
    y = trace.conv(x, x.channels, 3, stride, groups=x.channels, name="depthwise")
    return trace.norm(y, name="depthwise_norm")
