"""EfficientNet-B0 to B7: one table, scaled in depth, width and resolution (arXiv:1905.11946)."""

from __future__ import annotations

from typing import NamedTuple

from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network, repeated
from dartsx.networks.errors import check_choice
from dartsx.networks.rounding import make_divisible, scaled_depth

# Table 1 (B0): expansion, kernel, output channels, repetitions, stride.
TABLE = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)


class Scaling(NamedTuple):
    """Factors of width and depth, height and width of the images, dropout before the classifier."""

    width: float
    depth: float
    resolution: int
    dropout: float


# The released networks; a grid search around the rule of `compound_scaling` chose their rounded factors.
SCALINGS = {
    "b0": Scaling(1.0, 1.0, 224, 0.2),
    "b1": Scaling(1.0, 1.1, 240, 0.2),
    "b2": Scaling(1.1, 1.2, 260, 0.3),
    "b3": Scaling(1.2, 1.4, 300, 0.3),
    "b4": Scaling(1.4, 1.8, 380, 0.4),
    "b5": Scaling(1.6, 2.2, 456, 0.4),
    "b6": Scaling(1.8, 2.6, 528, 0.5),
    "b7": Scaling(2.0, 3.1, 600, 0.5),
}


def compound_scaling(phi: float) -> Scaling:
    """The compound rule (equation 3): depth 1.2^phi, width 1.1^phi, resolution 224 * 1.15^phi for 2^phi times the work.

    Args:
      phi: the one coefficient, 0 (B0) or above.

    Raises:
      ValueError: phi is negative.
    """
    if phi < 0:
        raise ValueError(f"the compound coefficient must be 0 or above, got {phi}")
    return Scaling(1.1**phi, 1.2**phi, round(224 * 1.15**phi), min(0.5, 0.2 + 0.05 * phi))


def efficientnet(variant: str = "b0", classes: int = 1000) -> Network:
    """EfficientNet-B0 to B7 with the factors of the release; the name of a variant is a key of `SCALINGS`.

    Raises:
      ValueError: another variant.
    """
    check_choice("EfficientNet variant", variant, SCALINGS)
    return scaled(f"efficientnet_{variant}", SCALINGS[variant], classes)


class Baseline(NamedTuple):
    """What is scaled.

    Attributes:
      table: rows as of `TABLE`.
      stem, stride: channels and stride of the first convolution.
      head: channels of the last one.
      divisor: channels are multiples of it.
    """

    table: tuple[tuple[int, int, int, int, int], ...] = TABLE
    stem: int = 32
    stride: int = 2
    head: int = 1280
    divisor: int = 8


B0 = Baseline()


def scaled(name: str, scaling: Scaling, classes: int = 1000, baseline: Baseline = B0) -> Network:
    """The network of any scaling, as ``scaled("mine", compound_scaling(1.5))``.

    Channels are rounded to multiples of 8 (never more than 10% down), repetitions are rounded up. Gates squeeze to a
    quarter of the channels that enter the block. Padding is symmetric, as in torchvision; the release pads as
    TensorFlow does, which gives the same sizes and counts.
    """

    def width(channels: int) -> int:
        return make_divisible(channels * scaling.width, baseline.divisor)

    def stage(expansion: int, kernel: int, features: int, count: int, stride: int):
        gate = SqueezeExcite(1 / 4, of="input", act="swish")
        return repeated(
            lambda s: InvertedBottleneck(width(features), expansion, None, kernel, s, gate, "swish"),
            stride,
            scaled_depth(count, scaling.depth),
        )

    return Network(
        name,
        (ConvNorm(width(baseline.stem), 3, baseline.stride, act="swish"),),
        tuple(stage(*row) for row in baseline.table),
        (ConvNorm(width(baseline.head), 1, act="swish"), Classifier(classes, scaling.dropout)),
        "arXiv:1905.11946, tables 1 and 2; torchvision",
        scaling.resolution,
    )
