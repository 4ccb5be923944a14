"""Once-for-all (arXiv:1908.09791, section 3): depth, kernels and expansions of five stages, weights shared.

| stage | channels | stride | blocks | kernel of each | expansion of each |
|---|---|---|---|---|---|
| 1 to 5 | 24, 40, 80, 112, 160 | 2, 2, 2, 1, 2 | 2, 3, 4 | 3, 5, 7 | 3, 4, 6 |

(9^2 + 9^3 + 9^4)^5 = 2.2e19 architectures at each of the resolutions 128, 132, ..., 224. The backbone is that of
MobileNetV3-Large (stages 2, 4 and 5 with squeeze-and-excite, the last three with hard swish). The released networks are
1.0 times as wide (phones) and 1.2 (the largest); those for GPUs and Intel CPUs have the backbone of ProxylessNAS 1.3
times as wide, with a sixth stage of one block: 9 times as many.
"""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.networks import Depth, Network, Width
from dartsx.networks.block_list import Row
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.layers import GlobalPool
from dartsx.networks.trace import Block
from dartsx.spaces.chains.backbone import IMAGENET, Backbone, Position, Stage, crossed, ends, positions, stem
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

KERNELS, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
RESOLUTIONS = tuple(range(128, 225, 4))
STRIDES = (2, 2, 2, 1, 2)
GATE = SqueezeExcite(1 / 4, divisor=8, gate="hard_sigmoid")
# Gate and activation of the five stages.
KINDS = ((None, "relu"), (GATE, "relu"), (None, "hard_swish"), (GATE, "hard_swish"), (GATE, "hard_swish"))
SOURCE = "arXiv:1908.09791, section 3; released networks"


def mobilenet(name: str, first: int, widths: tuple[int, ...], last: int, hidden: int) -> DescribedSpace:
    """The space of MobileNetV3's backbone: widths of stem, stages, last convolution and hidden layer."""

    def write(scale: Scale) -> Network:
        stages = positions(tuple(Stage(width, 4, s) for width, s in zip(widths, STRIDES, strict=True)), scale)
        return Network(
            name,
            (stem(first, "hard_swish", scale), InvertedBottleneck(first, expansion=1, act="relu")),
            tuple((elastic(at, *kind),) for at, kind in zip(stages, KINDS, strict=True)),
            (
                ConvNorm(last, 1, act="hard_swish"),
                GlobalPool(keep=True),
                ConvNorm(hidden, 1, act="hard_swish", norm=False, bias=False),
                Classifier(scale.classes, 0.1),
            ),
            SOURCE,
            scale.pixels,
        )

    return DescribedSpace(write, IMAGENET)


def proxyless(name: str, widths: Backbone, scale: Scale = IMAGENET) -> DescribedSpace:
    """The space of ProxylessNAS's backbone, whose sixth stage is one block."""

    def write(scale: Scale) -> Network:
        *stages, (last,) = positions(widths.stages, scale, widths.first)
        first = InvertedBottleneck(widths.first, expansion=1)
        body = (*((elastic(at, None, "relu6"),) for at in stages), (block(last, None, "relu6"),))
        return ends(name, widths, ((first,), *body), scale, SOURCE)

    return DescribedSpace(write, scale)


def elastic(
    stage: tuple[Position, ...],
    gate: SqueezeExcite | None,
    act: str,
    depths: tuple[int, ...] = DEPTHS,
    kernels: tuple[int, ...] = KERNELS,
    expansions: tuple[int, ...] = EXPANSIONS,
) -> Depth:
    """The first blocks of a stage, as many as one of `depths` says."""
    name = stage[0].name.partition("/")[0]
    return Depth(f"{name}/depth", depths, tuple(block(at, gate, act, kernels, expansions) for at in stage))


def block(
    at: Position,
    gate: SqueezeExcite | None,
    act: str,
    kernels: tuple[int, ...] = KERNELS,
    expansions: tuple[int, ...] = EXPANSIONS,
) -> Block:
    """A block of any kernel and expansion."""
    expansion = Width(f"{at.name}/expansion", expansions)
    return crossed(
        at.name,
        {"kernel": {str(kernel): kernel for kernel in kernels}},
        lambda kernel: InvertedBottleneck(at.features, expansion, None, kernel, at.stride, gate, act),
    )


def read(rows: Sequence[Row]) -> Choices:
    """The architecture of a published list of blocks, of which the first is the fixed one."""
    chosen, before, stage, index = {}, rows[0].features, 0, 0
    for row in rows[1:]:
        stage, index = (stage, index + 1) if row.features == before and row.stride == 1 else (stage + 1, 1)
        chosen[f"stage{stage}/block{index}/kernel"] = str(row.kernel)
        chosen[f"stage{stage}/block{index}/expansion"] = str(row.expanded // before)
        if stage <= len(STRIDES):
            chosen[f"stage{stage}/depth"] = str(index)
        before = row.features
    return Choices(chosen)


ofa = mobilenet("ofa", 16, (24, 40, 80, 112, 160), 960, 1280)
ofa_1_2 = mobilenet("ofa_1_2", 24, (32, 48, 96, 136, 192), 1152, 1536)
ofa_proxyless = proxyless(
    "ofa_proxyless",
    Backbone(
        40,
        24,
        tuple(map(Stage, (32, 56, 104, 128, 248, 416), (4, 4, 4, 4, 4, 1), (*STRIDES, 1))),
        1664,
        "relu6",
    ),
)
