"""RegNetX and RegNetY: widths and depths of the stages from four parameters (arXiv:2003.13678)."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.residual import Bottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network, repeated
from dartsx.networks.errors import check_choice, check_positive

QUANTUM = 8
STEM = 32


class Parameters(NamedTuple):
    """Depth, initial width w_0, slope w_a, multiplier w_m of the width rule, and channels of a group."""

    depth: int
    w_0: int
    w_a: float
    w_m: float
    group: int


X = {
    "200mf": Parameters(13, 24, 36.44, 2.49, 8),
    "400mf": Parameters(22, 24, 24.48, 2.54, 16),
    "600mf": Parameters(16, 48, 36.97, 2.24, 24),
    "800mf": Parameters(16, 56, 35.73, 2.28, 16),
    "1_6gf": Parameters(18, 80, 34.01, 2.25, 24),
    "3_2gf": Parameters(25, 88, 26.31, 2.25, 48),
    "4gf": Parameters(23, 96, 38.65, 2.43, 40),
    "6_4gf": Parameters(17, 184, 60.83, 2.07, 56),
    "8gf": Parameters(23, 80, 49.56, 2.88, 120),
    "12gf": Parameters(19, 168, 73.36, 2.37, 112),
    "16gf": Parameters(22, 216, 55.59, 2.1, 128),
    "32gf": Parameters(23, 320, 69.86, 2.0, 168),
}
Y = {
    "200mf": Parameters(13, 24, 36.44, 2.49, 8),
    "400mf": Parameters(16, 48, 27.89, 2.09, 8),
    "600mf": Parameters(15, 48, 32.54, 2.32, 16),
    "800mf": Parameters(14, 56, 38.84, 2.4, 16),
    "1_6gf": Parameters(27, 48, 20.71, 2.65, 24),
    "3_2gf": Parameters(21, 80, 42.63, 2.66, 24),
    "4gf": Parameters(22, 96, 31.41, 2.24, 64),
    "6_4gf": Parameters(25, 112, 33.22, 2.27, 72),
    "8gf": Parameters(17, 192, 76.82, 2.19, 56),
    "12gf": Parameters(19, 168, 73.36, 2.37, 112),
    "16gf": Parameters(18, 200, 106.23, 2.48, 112),
    "32gf": Parameters(20, 232, 115.89, 2.53, 232),
}


class Stage(NamedTuple):
    """Width, number of blocks, channels of a group."""

    width: int
    depth: int
    group: int


def stages(parameters: Parameters) -> tuple[Stage, ...]:
    """Widths u_j = w_0 + w_a j, quantised (section 3.3, equations 2 to 4); blocks of equal width form a stage.

    u_j is rounded to w_0 w_m^s for an integer s, that to a multiple of 8, and that (as in the authors' code) to a
    multiple of the group, which is no wider than the stage. torchvision rounds differently, so that its X 400MF,
    Y 800MF and Y 8GF have other widths.

    Raises:
      ValueError: parameters that describe no network.
    """
    depth, w_0, w_a, w_m, group = parameters
    if depth < 1 or w_0 < QUANTUM or w_0 % QUANTUM or w_a < 0 or w_m <= 1 or group < 1:
        raise ValueError(
            f"{parameters}: needs depth >= 1, w_0 a multiple of {QUANTUM}, w_a >= 0, w_m > 1 and group >= 1"
        )
    widths = []
    for j in range(depth):
        exponent = round(math.log((w_0 + w_a * j) / w_0) / math.log(w_m))
        widths.append(QUANTUM * round(w_0 * w_m**exponent / QUANTUM))
    found = []
    for width, blocks in itertools.groupby(widths):
        narrow = min(group, width)
        found.append(Stage(round(width / narrow) * narrow, len(list(blocks)), narrow))
    return tuple(found)


def regnet(name: str, parameters: Parameters, se: bool = False, classes: int = 1000) -> Network:
    """The network of any parameters: residual blocks of bottleneck ratio 1, every stage halves the map.

    Args:
      name: name of the network.
      parameters: parameters of the width rule.
      se: RegNetY: gates that squeeze to a quarter of the channels that enter the block.
      classes: number of logits.

    Raises:
      ValueError: parameters that describe no network.
    """
    check_positive("number of classes", classes)
    gate = SqueezeExcite(1 / 4, of="input") if se else None
    body = tuple(
        repeated(
            lambda s, stage=stage: Bottleneck(
                stage.width, stage.width, s, stage.width // stage.group, gate, gate_middle=True
            ),
            2,
            stage.depth,
        )
        for stage in stages(parameters)
    )
    source = f"arXiv:2003.13678, table {8 if se else 7}; the authors' pycls"
    return Network(name, (ConvNorm(STEM, 3, 2),), body, (Classifier(classes),), source)


def regnetx(size: str, classes: int = 1000) -> Network:
    """RegNetX, by its multiply-adds: ``"200mf"`` to ``"32gf"``; raises ValueError for another size."""
    check_choice("RegNetX size", size, X)
    return regnet(f"regnetx_{size}", X[size], False, classes)


def regnety(size: str, classes: int = 1000) -> Network:
    """RegNetY, with squeeze-and-excite; raises ValueError for another size."""
    check_choice("RegNetY size", size, Y)
    return regnet(f"regnety_{size}", Y[size], True, classes)
