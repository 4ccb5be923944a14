"""MnasNet (arXiv:1807.11626): A1 (figure 7) and B1, the search's result without squeeze-and-excite."""

from __future__ import annotations

from dartsx.networks.blocks.conv import Classifier, ConvNorm, Separable
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network, repeated
from dartsx.networks.errors import check_positive
from dartsx.networks.rounding import make_divisible

# Expansion, kernel, output channels, repetitions, stride, squeeze-and-excite.
A1 = (
    (6, 3, 24, 2, 2, False),
    (3, 5, 40, 3, 2, True),
    (6, 3, 80, 4, 2, False),
    (6, 3, 112, 2, 1, True),
    (6, 5, 160, 3, 2, True),
    (6, 3, 320, 1, 1, False),
)
B1 = (
    (3, 3, 24, 3, 2, False),
    (3, 5, 40, 3, 2, False),
    (6, 5, 80, 3, 2, False),
    (6, 3, 96, 2, 1, False),
    (6, 5, 192, 4, 2, False),
    (6, 3, 320, 1, 1, False),
)


def mnasnet_a1(width: float = 1.0, classes: int = 1000) -> Network:
    """MnasNet-A1; its gates squeeze to a quarter of the channels that enter the block."""
    return _network("mnasnet_a1", A1, width, classes, "arXiv:1807.11626, figure 7; timm semnasnet")


def mnasnet_b1(width: float = 1.0, classes: int = 1000) -> Network:
    """MnasNet-B1.

    Args:
      width: multiplier of all channel counts but that of the last convolution, rounded to multiples of 8; the
        published are 0.5, 0.75, 1 and 1.3.
      classes: number of logits.

    Raises:
      ValueError: width not above 0.
    """
    return _network("mnasnet_b1", B1, width, classes, "arXiv:1807.11626, figure 7 and table 1; torchvision")


def _network(name, table, width, classes, source) -> Network:
    check_positive("width", width)

    def scaled(channels: int) -> int:
        return make_divisible(channels * width)

    def stage(expansion, kernel, features, count, stride, se):
        gate = SqueezeExcite(1 / 4, of="input") if se else None
        return repeated(
            lambda s: InvertedBottleneck(scaled(features), expansion, None, kernel, s, gate, "relu"), stride, count
        )

    return Network(
        name + ("" if width == 1 else f"_{width:g}".replace(".", "_")),
        (ConvNorm(scaled(32), 3, 2), Separable(scaled(16), linear=True)),
        tuple(stage(*row) for row in table),
        (ConvNorm(1280, 1), Classifier(classes, dropout=0.2)),
        source,
    )
