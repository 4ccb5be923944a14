"""MixNet S, M and L (arXiv:1907.09595, figure 5 and the release)."""

from __future__ import annotations

from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice
from dartsx.networks.rounding import make_divisible

# Per block: kernels, expansion, output channels, stride, ratio of the gate (0: none), splits of both 1x1 convolutions,
# and how many of them follow one another.
S = (
    (((3,), 6, 24, 2, 0, 2, 2, 1), ((3,), 3, 24, 1, 0, 2, 2, 1)),
    (((3, 5, 7), 6, 40, 2, 0.5, 1, 1, 1), ((3, 5), 6, 40, 1, 0.5, 2, 2, 3)),
    (((3, 5, 7), 6, 80, 2, 0.25, 1, 2, 1), ((3, 5), 6, 80, 1, 0.25, 1, 2, 2)),
    (((3, 5, 7), 6, 120, 1, 0.5, 2, 2, 1), ((3, 5, 7, 9), 3, 120, 1, 0.5, 2, 2, 2)),
    (((3, 5, 7, 9, 11), 6, 200, 2, 0.5, 1, 1, 1), ((3, 5, 7, 9), 6, 200, 1, 0.5, 1, 2, 2)),
)
M = (
    (((3, 5, 7), 6, 32, 2, 0, 2, 2, 1), ((3,), 3, 32, 1, 0, 2, 2, 1)),
    (((3, 5, 7, 9), 6, 40, 2, 0.5, 1, 1, 1), ((3, 5), 6, 40, 1, 0.5, 2, 2, 3)),
    (((3, 5, 7), 6, 80, 2, 0.25, 1, 1, 1), ((3, 5, 7, 9), 6, 80, 1, 0.25, 2, 2, 3)),
    (((3,), 6, 120, 1, 0.5, 1, 1, 1), ((3, 5, 7, 9), 3, 120, 1, 0.5, 2, 2, 3)),
    (((3, 5, 7, 9), 6, 200, 2, 0.5, 1, 1, 1), ((3, 5, 7, 9), 6, 200, 1, 0.5, 1, 2, 3)),
)
# Table, stem, multiplier of all channels. L is M, 1.3 times as wide.
SIZES = {"s": (S, 16, 1.0), "m": (M, 24, 1.0), "l": (M, 24, 1.3)}


def mixnet(size: str, classes: int = 1000) -> Network:
    """MixNet; the first stage uses relu and no gates, the others swish.

    Raises:
      ValueError: `size` is not ``"s"``, ``"m"`` or ``"l"``.
    """
    check_choice("MixNet size", size, SIZES)
    table, stem, width = SIZES[size]

    def blocks(kernels, expansion, features, stride, ratio, splits_in, splits_out, count):
        gate = SqueezeExcite(ratio, of="input", act="swish") if ratio else None
        return tuple(
            InvertedBottleneck(
                make_divisible(features * width),
                expansion,
                None,
                kernels,
                stride,
                gate,
                "swish" if ratio else "relu",
                splits_in=splits_in,
                splits_out=splits_out,
            )
            for _ in range(count)
        )

    first = make_divisible(stem * width)
    return Network(
        f"mixnet_{size}",
        (ConvNorm(first, 3, 2), InvertedBottleneck(first, 1, act="relu")),
        tuple(sum((blocks(*row) for row in stage), ()) for stage in table),
        (ConvNorm(1536, 1), Classifier(classes, dropout=0.25)),
        "arXiv:1907.09595, figure 5; the release (timm)",
    )
