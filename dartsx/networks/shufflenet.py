"""ShuffleNet V1 (arXiv:1707.01083, table 1) and V2 (arXiv:1807.11164, table 5)."""

from __future__ import annotations

from dartsx.catalog import STEMS
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.shuffle import ShuffleUnitV1, ShuffleUnitV2
from dartsx.networks.description import Network, repeated
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.layers import Pool

REPEATS = (4, 8, 4)  # units of stages 2 to 4
# Output channels of stages 2 to 4, by number of groups.
V1_CHANNELS = {
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}
# Output channels of stages 2 to 4 and of the last convolution, by width.
V2_CHANNELS = {
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}


def shufflenet_v1(groups: int, scale: float = 1.0, classes: int = 1000) -> Network:
    """ShuffleNet V1 "scale x" with this number of groups; the scale applies to the stem as well.

    Raises:
      ValueError: another number of groups, or a scale that leaves widths that cannot be grouped.
    """
    check_choice("number of groups", groups, V1_CHANNELS)
    check_positive("scale", scale)
    widths = [int(width * scale) for width in V1_CHANNELS[groups]]

    def stage(i: int):
        def unit(stride: int):
            return ShuffleUnitV1(widths[i], groups, stride, ungrouped_first=i == 0 and stride == 2)

        return repeated(unit, 2, REPEATS[i])

    name = f"shufflenet_v1_g{groups}" + ("" if scale == 1 else f"_x{scale:g}".replace(".", "_"))
    return Network(
        name,
        _stem(int(24 * scale), "imagenet"),
        tuple(stage(i) for i in range(3)),
        (Classifier(classes),),
        "arXiv:1707.01083, table 1",
    )


def shufflenet_v2(scale: float, classes: int = 1000, stem: str = "imagenet") -> Network:
    """ShuffleNet V2, with the widths of the paper's table and of torchvision.

    Some libraries widen the last convolution too (at 1.5 and 2, 4.4M and 7.6M parameters instead of 3.5M and 7.4M).

    Args:
      scale: 0.5, 1, 1.5 or 2.
      classes: number of logits.
      stem: ``"cifar"``: one 3x3 convolution that keeps the size, for small images.

    Raises:
      ValueError: another scale or stem.
    """
    check_choice("ShuffleNet V2 scale", scale, V2_CHANNELS)
    *widths, last = V2_CHANNELS[scale]
    stages = tuple(
        repeated(lambda stride, width=width: ShuffleUnitV2(width, stride), 2, count)
        for width, count in zip(widths, REPEATS, strict=True)
    )
    name = f"shufflenet_v2_x{scale:.1f}".replace(".", "_") + ("_cifar" if stem == "cifar" else "")
    head = (ConvNorm(last, 1), Classifier(classes))
    source = "arXiv:1807.11164, table 5; torchvision"
    return Network(name, _stem(24, stem), stages, head, source, 32 if stem == "cifar" else 224)


def _stem(features: int, stem: str):
    check_choice("stem", stem, STEMS)
    if stem == "cifar":
        return (ConvNorm(features, 3),)
    return (ConvNorm(features, 3, 2), Pool("max", (3, 3), (2, 2), 1))
