"""MobileNetV3 (arXiv:1905.02244): large (table 1) and small (table 2)."""

from __future__ import annotations

from dartsx.networks.blocks.conv import ConvNorm, Dense
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.layers import Dropout, GlobalPool
from dartsx.networks.rounding import make_divisible

# Kernel, expanded channels, output channels, squeeze-and-excite, activation, stride.
RE, HS = "relu", "hard_swish"
LARGE = (
    ((3, 16, 16, False, RE, 1),),
    ((3, 64, 24, False, RE, 2), (3, 72, 24, False, RE, 1)),
    ((5, 72, 40, True, RE, 2), (5, 120, 40, True, RE, 1), (5, 120, 40, True, RE, 1)),
    ((3, 240, 80, False, HS, 2), (3, 200, 80, False, HS, 1), (3, 184, 80, False, HS, 1), (3, 184, 80, False, HS, 1)),
    ((3, 480, 112, True, HS, 1), (3, 672, 112, True, HS, 1)),
    ((5, 672, 160, True, HS, 2), (5, 960, 160, True, HS, 1), (5, 960, 160, True, HS, 1)),
)
SMALL = (
    ((3, 16, 16, True, RE, 2),),
    ((3, 72, 24, False, RE, 2), (3, 88, 24, False, RE, 1)),
    ((5, 96, 40, True, HS, 2), (5, 240, 40, True, HS, 1), (5, 240, 40, True, HS, 1)),
    ((5, 120, 48, True, HS, 1), (5, 144, 48, True, HS, 1)),
    ((5, 288, 96, True, HS, 2), (5, 576, 96, True, HS, 1), (5, 576, 96, True, HS, 1)),
)
# Stages, channels of the last convolution and of the hidden layer.
SIZES = {"large": (LARGE, 960, 1280), "small": (SMALL, 576, 1024)}
EPSILON = 1e-3


def mobilenet_v3(size: str, width: float = 1.0, classes: int = 1000) -> Network:
    """MobileNetV3. A gate squeezes to a quarter of its channels, rounded to a multiple of 8, as in torchvision.

    The hidden layer of the small network has 1,024 channels (2.5M parameters) as in the paper's last version; some
    libraries follow the first, with 1,280 (2.9M). Those whose hidden layer has no bias count 1,280 parameters fewer for
    the large one.

    Args:
      size: ``"large"`` or ``"small"``.
      width: multiplier of all channel counts, which are rounded to multiples of 8.
      classes: number of logits.

    Raises:
      ValueError: unknown size, width not above 0.
    """
    check_choice("MobileNetV3 size", size, SIZES)
    check_positive("width", width)
    stages, last, hidden = SIZES[size]

    def scaled(channels: int) -> int:
        return make_divisible(channels * width)

    def block(kernel: int, expanded: int, features: int, se: bool, act: str, stride: int) -> InvertedBottleneck:
        gate = SqueezeExcite(1 / 4, divisor=8, gate="hard_sigmoid") if se else None
        return InvertedBottleneck(scaled(features), None, scaled(expanded), kernel, stride, gate, act, epsilon=EPSILON)

    return Network(
        f"mobilenet_v3_{size}" + ("" if width == 1 else f"_{width:g}".replace(".", "_")),
        (ConvNorm(scaled(16), 3, 2, act=HS, epsilon=EPSILON),),
        tuple(tuple(block(*row) for row in stage) for stage in stages),
        (
            ConvNorm(scaled(last), 1, act=HS, epsilon=EPSILON),
            GlobalPool(),
            Dense(scaled(hidden), HS),
            Dropout(0.2),
            Dense(classes, act=None),
        ),
        f"arXiv:1905.02244, table {1 if size == 'large' else 2}; torchvision",
    )
