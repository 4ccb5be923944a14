"""TinyNAS's spaces (arXiv:2007.10319, section 3.2): one for every width multiplier and input resolution.

| stage | channels at width 1 | stride | blocks | kernel of each | expansion of each |
|---|---|---|---|---|---|
| 1 to 5 | 24, 40, 80, 96, 192 | 2, 2, 2, 1, 2 | 2, 3, 4 | 3, 5, 7 | 3, 4, 6 |
| 6 | 320 | 1 | 1 | 3, 5, 7 | 3, 4, 6 |

The paper gives 9 widths, 12 resolutions, "mobile" blocks and 3.3e25 networks for each of the 108, but no table. This is
the backbone of the released supernets (mit-han-lab/mcunet, ProxylessNAS's widths), with once-for-all's depths: 9 x
(9^2 + 9^3 + 9^4)^5 = 2.0e20 networks. Channels are rounded to multiples of 8; the last convolution has 1,280 at every
width below 1, as in the release.
"""

from __future__ import annotations

import dataclasses
import functools

from dartsx.networks.rounding import make_divisible
from dartsx.spaces.chains.backbone import IMAGENET, Backbone, Stage
from dartsx.spaces.chains.ofa import STRIDES, proxyless
from dartsx.spaces.described_space import DescribedSpace

WIDTHS = tuple(i / 10 for i in range(2, 11))
RESOLUTIONS = (48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224)
CHANNELS, BLOCKS, LAST = (24, 40, 80, 96, 192, 320), (4, 4, 4, 4, 4, 1), 1280


@functools.cache
def tinynas(width: float, resolution: int, classes: int = 100, last: int = LAST) -> DescribedSpace:
    """The space of a width multiplier and a resolution; the paper chooses among them on 100 classes of ImageNet.

    Args:
      width: factor of all channels.
      resolution: height and width of the images.
      classes: number of logits.
      last: channels of the last convolution; the released supernet for the smallest devices has 384.
    """
    scaled = functools.partial(_scaled, width)
    stages = tuple(map(Stage, map(scaled, CHANNELS), BLOCKS, (*STRIDES, 1)))
    backbone = Backbone(scaled(32), scaled(16), stages, scaled(last) if width > 1 else last, "relu6")
    scale = dataclasses.replace(IMAGENET, classes=classes, image_size=resolution)
    return proxyless("tinynas", backbone, scale)


def _scaled(width: float, channels: int) -> int:
    return make_divisible(channels * width)


tinynas_0_5 = tinynas(0.5, 144)
