"""Backbones of DetNAS (arXiv:1903.10979) with their ImageNet heads: ShuffleNet V2 blocks of chosen kernels.

The released code (github.com/megvii-model/DetNAS, detnasnet.py at aa92a90604) has a bias in its first convolution; here
no convolution has one, as its published counts leave it out too.
"""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.description import Network
from dartsx.networks.layers import Shuffle
from dartsx.networks.trace import Trace, Value

KERNELS = (3, 5, 7, "xception")  # of blocks 0 to 3


@dataclasses.dataclass(frozen=True)
class SearchedShuffleUnit:
    """y = concat(x1, F(x2)), x in two halves; at stride 2 both branches read x: [H, W, C] -> [H / s, W / s, features].

    F = 1x1, norm, relu, depthwise k x k, norm, 1x1, norm, relu; its 1x1 to half the features. In an Xception block it
    is three times (depthwise 3x3, norm, 1x1, norm, relu). Source: arXiv:1904.00420, figure 4, and DetNAS's code.

    Attributes:
      features: output channels.
      kernel: k, or ``"xception"``.
      stride: 1 or 2.
    """

    features: int
    kernel: int | str
    stride: int = 1

    def build(self, trace: Trace, x: Value) -> Value:
        """Both branches and their concatenation; channels are shuffled before the split."""
        if self.stride == 1:
            half = x.channels // 2
            kept, y = trace.split(trace.add(Shuffle(2), x), half, half)
        else:
            with trace.scope("branch1"):
                kernel = 3 if self.kernel == "xception" else self.kernel
                kept, y = _pointwise(trace, _depthwise(trace, x, kernel, self.stride, "1"), x.channels, "1"), x
        with trace.scope("branch2"):
            made = self.features - kept.channels
            branch = self._xception if self.kernel == "xception" else self._shuffle
            return trace.concat(kept, branch(trace, y, made))

    def _shuffle(self, trace: Trace, x: Value, made: int) -> Value:
        y = _pointwise(trace, x, self.features // 2, "1")
        return _pointwise(trace, _depthwise(trace, y, self.kernel, self.stride, "1"), made, "2")

    def _xception(self, trace: Trace, x: Value, made: int) -> Value:
        middle = self.features // 2
        for i, (width, stride) in enumerate(((middle, self.stride), (middle, 1), (made, 1)), start=1):
            x = _pointwise(trace, _depthwise(trace, x, 3, stride, str(i)), width, str(i))
        return x


def _depthwise(trace: Trace, x: Value, kernel: int, stride: int, number: str) -> Value:
    y = trace.conv(x, x.channels, kernel, stride, groups=x.channels, name=f"depthwise{number}")
    return trace.norm(y, name=f"depthwise{number}_norm")


def _pointwise(trace: Trace, x: Value, features: int, number: str) -> Value:
    y = trace.norm(trace.conv(x, features, 1, name=f"pointwise{number}"), name=f"pointwise{number}_norm")
    return trace.act(y, "relu")


# Blocks by stage, and widths of the stem, the four stages and the last convolution.
_LARGE = ("00312102", "03123320", "2113202221310333", "13333333")
BACKBONES = {
    "detnas_0": (("2120", "2112", "33130031", "3132"), (16, 64, 160, 320, 640, 1024)),  # COCO, FPN, 300M
    "detnas_1": (("2311", "3213", "31113320", "3333"), (16, 64, 160, 320, 640, 1024)),  # COCO, RetinaNet, 300M
    "detnas_2": (_LARGE, (48, 96, 240, 480, 960, 1024)),  # COCO, FPN, 1.3G
    "detnas_3": (_LARGE, (72, 172, 432, 864, 1728, 1728)),  # COCO, FPN, 3.8G
}


def detnas(name: str, classes: int = 1000) -> Network:
    """A backbone of `BACKBONES` with its classifier."""
    blocks, (stem, *widths, last) = BACKBONES[name]
    stages = tuple(
        tuple(SearchedShuffleUnit(width, KERNELS[int(block)], 1 if i else 2) for i, block in enumerate(stage))
        for stage, width in zip(blocks, widths, strict=True)
    )
    head = (ConvNorm(last, 1), Classifier(classes))
    return Network(name, (ConvNorm(stem, 3, 2),), stages, head, "arXiv:1903.10979 and its released code")
