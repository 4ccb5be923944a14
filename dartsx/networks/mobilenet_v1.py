"""MobileNet (arXiv:1704.04861, table 1) with its width multiplier."""

from __future__ import annotations

from dartsx.catalog import STEMS
from dartsx.networks.blocks.conv import Classifier, ConvNorm, Separable
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice, check_positive

# Output channels and stride of the depthwise-separable convolutions, by size of the map.
STAGES = (
    ((64, 1),),
    ((128, 2), (128, 1)),
    ((256, 2), (256, 1)),
    ((512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1)),
    ((1024, 2), (1024, 1)),
)


def mobilenet_v1(width: float = 1.0, classes: int = 1000, stem: str = "imagenet") -> Network:
    """MobileNet.

    Args:
      width: multiplier alpha of all channel counts, which stay at 8 or more; the paper's are 0.25, 0.5, 0.75 and 1.
      classes: number of logits.
      stem: ``"cifar"``: the first convolution keeps the size of small images.

    Raises:
      ValueError: unknown stem, width not above 0.
    """
    check_positive("width", width)
    check_choice("stem", stem, STEMS)

    def scaled(channels: int) -> int:
        return max(8, int(channels * width))

    stages = tuple(tuple(Separable(scaled(c), 3, s) for c, s in stage) for stage in STAGES)
    name = "mobilenet_v1" + ("" if width == 1 else f"_{width:g}".replace(".", "_"))
    source = "arXiv:1704.04861, table 1; timm"
    cifar = stem == "cifar"
    return Network(
        f"{name}_cifar" if cifar else name,
        (ConvNorm(scaled(32), 3, 1 if cifar else 2),),
        stages,
        (Classifier(classes),),
        source,
        32 if cifar else 224,
    )
