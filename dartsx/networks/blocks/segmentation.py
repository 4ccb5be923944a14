"""What makes logits for every pixel: atrous spatial pyramid pooling, the decoder of DeepLabv3+, and U-Net."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.layers import Dropout, GlobalPool, Resize
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class ASPP:
    """Convolutions of several rates and a pooled map side by side, then 1x1: [H, W, C] -> [H, W, features].

    Source: arXiv:1706.05587, section 3.3, with dense convolutions.

    Attributes:
      features: channels of every branch, and of the result.
      rates: dilations of the 3x3 convolutions, beside which a 1x1 convolution stands.
      dropout: rate behind the last convolution, in training.
    """

    features: int = 256
    rates: tuple[int, ...] = (12, 24, 36)
    dropout: float = 0.0

    def build(self, trace: Trace, x: Value) -> Value:
        """All branches, their concatenation, the projection."""
        branches = [trace.block(ConvNorm(self.features, 1), x, "rate1")]
        for rate in self.rates:
            with trace.scope(f"rate{rate}"):
                y = trace.norm(trace.conv(x, self.features, 3, dilation=rate))
                branches.append(trace.act(y, "relu"))
        with trace.scope("image"):
            y = trace.block(ConvNorm(self.features, 1), trace.add(GlobalPool(keep=True), x))
            branches.append(trace.add(Resize(x.shape[:2]), y))
        y = trace.block(ConvNorm(self.features, 1), trace.concat(*branches), "project")
        return trace.add(Dropout(self.dropout), y) if self.dropout else y


@dataclasses.dataclass(frozen=True)
class Decoder:
    """[H, W, C] and an earlier, larger map -> logits [height, width, classes] of all pixels of the image.

    The earlier map, narrowed by a 1x1 convolution, stands beside the resized map; two 3x3 convolutions, and a 1x1
    convolution with bias whose result is resized to the image (DeepLabv3+, arXiv:1802.02611, section 3.1).

    Attributes:
      classes: number of classes.
      skip: position of the block that made the earlier map, among all blocks of the network; not used where the map is
        given.
      features: channels of the 3x3 convolutions.
      narrowed: channels that the earlier map keeps.
    """

    classes: int
    skip: int = 0
    features: int = 256
    narrowed: int = 48

    def build(self, trace: Trace, x: Value) -> Value:
        """Both maps side by side, convolutions, logits."""
        return self.joined(trace, x, trace.results[self.skip])

    def joined(self, trace: Trace, x: Value, earlier: Value) -> Value:
        """As `build`, with the earlier map given."""
        images = trace.steps[0]
        low = trace.block(ConvNorm(self.narrowed, 1), earlier, "skip")
        y = trace.concat(trace.add(Resize(low.shape[:2]), x), low)
        for i in (1, 2):
            y = trace.block(ConvNorm(self.features, 3), y, f"conv{i}")
        y = trace.conv(y, self.classes, 1, bias=True, name="classifier")
        return trace.add(Resize(images.shape[:2]), y)


@dataclasses.dataclass(frozen=True)
class UNet:
    """[height, width, C] -> logits [height, width, classes]: down through the levels and up again (arXiv:1505.04597).

    Every level has two 3x3 convolutions on either way. On the way down maps are halved by max pooling and widths are
    doubled; on the way up a map is resized and stands beside that of the way down.

    Attributes:
      features: channels of the first level.
      levels: number of levels.
      classes: number of classes.
    """

    features: int
    levels: int
    classes: int

    def build(self, trace: Trace, x: Value) -> Value:
        """Way down, way up, classifier."""
        passed = []
        for level in range(self.levels):
            x = trace.pool(x, "max", 2, 2) if level else x
            x = self._level(trace, x, f"down{level}", level)
            passed.append(x)
        for level in reversed(range(self.levels - 1)):
            x = trace.concat(trace.add(Resize(passed[level].shape[:2]), x), passed[level])
            x = self._level(trace, x, f"up{level}", level)
        return trace.conv(x, self.classes, 1, bias=True, name="classifier")

    def _level(self, trace: Trace, x: Value, name: str, level: int) -> Value:
        with trace.scope(name):
            for i in (1, 2):
                x = trace.block(ConvNorm(self.features * 2**level, 3), x, f"conv{i}")
        return x
