"""TuNAS's three spaces (arXiv:2008.06120, section 3; released code): operations, and widths by masks.

| space | decisions | size by the paper |
|---|---|---|
| tunas_proxyless | kernel, expansion of 21 bottlenecks, 15 of which may be nothing; kernel of a first block | 10^21 |
| tunas ("enlarged") | besides 7 widths of every stage, of the first convolution and of the last | 10^28 |
| mobilenet_v3 ("like") | kernel, expansion 1 to 6, gate of 20 bottlenecks, of which 15 may be nothing; widths | 10^43 |

The paper multiplies the options of all decisions, also of those in blocks that are nothing: 2.2e21, 1.4e28, 8.4e42.
`count` leaves the latter out. Seven multiples (0.5 to 2) of a width give fewer options where two round to the same
multiple of 8. Bottlenecks of expansion 1 keep their expansion convolution, and only blocks behind the first of a stage
have a residual. "swish6" of the code is hard swish.
"""

from __future__ import annotations

from collections.abc import Callable

from dartsx.networks import Choice, Network, Width
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.layers import GlobalPool
from dartsx.networks.trace import Block
from dartsx.spaces.chains.backbone import IMAGENET, Stage, crossed, positions, stem
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

MULTIPLES = (0.5, 0.625, 0.75, 1.0, 1.25, 1.5, 2.0)
KERNELS = {"3": 3, "5": 5, "7": 7}
GATES = {"no": None, "yes": SqueezeExcite(1 / 4, divisor=8)}
COUNTS, STRIDES = (4, 4, 4, 4, 4, 1), (2, 2, 2, 1, 2, 1)
PARTS = ("stem", "first", *(f"stage{i}" for i in range(1, 7)), "head")
SOURCE = "arXiv:2008.06120; released code"


def width(name: str, base: int) -> Width:
    """The multiples of a width, each rounded to the nearest multiple of 8."""
    return Width(name, tuple(dict.fromkeys(max(8, int(base * factor / 8 + 0.5) * 8) for factor in MULTIPLES)))


def fixed(name: str, base: int) -> int:
    """A width that is not decided."""
    return base


def bottlenecks(name: str, widths: tuple[int, ...], sized: Callable[[str, int], int]) -> DescribedSpace:
    """ProxylessNAS's operations with these widths of stem, first block, six stages and head."""

    def write(scale: Scale) -> Network:
        narrow, first, *wide, last = (sized(f"{name}/filters", base) for name, base in zip(PARTS, widths, strict=True))
        stages = tuple(map(Stage, wide, COUNTS, STRIDES))
        opening = crossed(
            "first",
            {"kernel": KERNELS},
            lambda kernel: InvertedBottleneck(first, 1, None, kernel, act="relu", residual=False),
        )
        body = tuple(
            tuple(
                optional(at.name, at.features, at.stride, {"kernel": KERNELS}, (3, 6), "relu", i > 0)
                for i, at in enumerate(stage)
            )
            for stage in positions(stages, scale)
        )
        head = (ConvNorm(last, 1), Classifier(scale.classes, 0.2))
        return Network(name, (stem(narrow, "relu", scale), opening), body, head, SOURCE, scale.pixels)

    return DescribedSpace(write, IMAGENET)


def optional(
    name: str, features: int, stride: int, options: dict, expansions: tuple[int, ...], act: str, behind: bool
) -> Block:
    """A bottleneck, or behind the first of a stage nothing."""
    expansion = Width(f"{name}/expansion", expansions)
    block = crossed(
        name,
        options,
        lambda kernel, se=None: InvertedBottleneck(
            features, expansion, None, kernel, stride, se, act, residual=behind, expands=True
        ),
    )
    return Choice(f"{name}/op", {"bottleneck": block, "skip": None}) if behind else block


def write_mobilenet_v3(scale: Scale) -> Network:
    """Stem, five stages of four bottlenecks, MobileNetV3's head; widths are powers of 2 times `MULTIPLES`."""
    names = ("stem", *(f"stage{i}" for i in range(1, 6)), "head", "hidden")
    sizes = (16, 16, 32, 64, 128, 256, 512, 1024)
    narrow, *wide, last, hidden = (width(f"{name}/filters", size) for name, size in zip(names, sizes, strict=True))
    stages = tuple(map(Stage, wide, COUNTS, STRIDES))
    acts = ("relu", "relu", "hard_swish", "hard_swish", "hard_swish")
    separable = crossed(
        "first", {"kernel": KERNELS}, lambda kernel: InvertedBottleneck(narrow, 1, None, kernel, act="relu")
    )
    body = tuple(
        tuple(
            optional(at.name, at.features, at.stride, {"kernel": KERNELS, "se": GATES}, (1, 2, 3, 4, 5, 6), act, i > 0)
            for i, at in enumerate(stage)
        )
        for act, stage in zip(acts, positions(stages, scale), strict=True)
    )
    opening = crossed("stem", {"kernel": {"3": 3, "5": 5}}, lambda kernel: stem(narrow, "hard_swish", scale, kernel))
    return Network(
        "mobilenet_v3",
        (opening, Choice("first/op", {"separable": separable, "skip": None})),
        body,
        (
            ConvNorm(last, 1, act="hard_swish"),
            GlobalPool(keep=True),
            ConvNorm(hidden, 1, act="hard_swish", norm=False),
            Classifier(scale.classes, 0.2),
        ),
        SOURCE,
        scale.pixels,
    )


tunas_proxyless = bottlenecks("tunas_proxyless", (32, 16, 32, 40, 80, 96, 192, 320, 1280), fixed)
tunas = bottlenecks("tunas", (16, 16, 16, 32, 64, 128, 256, 512, 1024), width)
mobilenet_v3 = DescribedSpace(write_mobilenet_v3, IMAGENET)
