"""MobileNetV2 (arXiv:1801.04381, table 2) with its width multiplier."""

from __future__ import annotations

from dartsx.catalog import STEMS
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.description import Network, repeated
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.rounding import make_divisible

# Expansion t, output channels c, repetitions n, stride s.
TABLE = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def mobilenet_v2(width: float = 1.0, classes: int = 1000, stem: str = "imagenet") -> Network:
    """MobileNetV2.

    Widths are rounded as in the authors' release, and so in torchvision and timm; libraries that only multiply (0.75
    wide: 179M multiply-adds) miss the paper's counts (209M).

    Args:
      width: multiplier of all channel counts, which are rounded to multiples of 8; that of the last convolution is not
        made smaller (section 4, footnote).
      classes: number of logits.
      stem: ``"cifar"``: the first convolution and the first stage of 24 channels keep the size, for small images.

    Raises:
      ValueError: unknown stem, width not above 0.
    """
    check_positive("width", width)
    check_choice("stem", stem, STEMS)
    cifar = stem == "cifar"

    def stage(t: int, c: int, n: int, s: int):
        stride = 1 if cifar and c == 24 else s
        return repeated(lambda first: InvertedBottleneck(make_divisible(c * width), t, stride=first), stride, n)

    name = "mobilenet_v2" + ("" if width == 1 else f"_{width:g}".replace(".", "_")) + ("_cifar" if cifar else "")
    return Network(
        name,
        (ConvNorm(make_divisible(32 * width), 3, 1 if cifar else 2, act="relu6"),),
        tuple(stage(*row) for row in TABLE),
        (ConvNorm(make_divisible(1280 * max(1.0, width)), 1, act="relu6"), Classifier(classes, dropout=0.2)),
        "arXiv:1801.04381, table 2; torchvision",
        32 if cifar else 224,
    )
