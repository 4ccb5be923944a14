"""MnasNet's factorized hierarchical space (arXiv:1807.11626, section 4): every stage repeats one block of its own.

The reference is MobileNetV2. Of each of its five stages of several blocks are decided

| decision | options |
|---|---|
| op | conv; sepconv; mbconv of expansion 3 or 6 |
| kernel | 3, 5 |
| se | squeeze-and-excite of a quarter, or none |
| skip | identity, pool, none |
| filters | 0.75, 1 or 1.25 times the reference |
| layers | 1 less than the reference, as many, 1 more |

4 x 2 x 2 x 3 x 3 x 3 = 432 choices, 432^5 = 1.5e13 architectures; a space in which the three layers of a stage differ
would have about 432^15 = 3e39. The two stages of one block are as in the published networks: a separable convolution
before and an inverted bottleneck behind. The paper does not say how a pooled skip changes the width; here a 3x3
average and a 1x1 convolution do.

The paper's own networks leave this space by one number each: the fourth stage of MnasNet-A1 has 112 channels where
1.25 x 96 are 120, the fifth of B1 192 where 1.25 x 160 are 200; all else is an option. `mnasnet_released` has these two
widths besides, 576^2 x 432^3 = 2.7e13 architectures, and both networks are its members.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from dartsx.networks import Depth, Network, Width
from dartsx.networks import mnasnet as released
from dartsx.networks.blocks.chain import IDENTITY, Chain
from dartsx.networks.blocks.conv import Classifier, ConvNorm, Separable
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.shortcut import Residual, pooled
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.trace import Block
from dartsx.spaces.chains.backbone import IMAGENET, Stage, crossed, positions, stem
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

# The stages of MobileNetV2 with several blocks: channels, blocks, stride.
STAGES = tuple(Stage(*row) for row in ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2)))
OPERATIONS = {"conv": None, "sepconv": 1, "mbconv3": 3, "mbconv6": 6}  # expansion of the last three
KERNELS = {"3": 3, "5": 5}
GATES = {"0": None, "0.25": SqueezeExcite(1 / 4, of="input")}
SKIPS = ("identity", "pool", "none")


# Stage -> width of a released network that is no multiple of the reference's.
RELEASED = {4: (112,), 5: (192,)}


def filters(channels: int, further: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Options of a stage's width."""
    return tuple(sorted((channels * 3 // 4, channels, channels * 5 // 4, *further)))


def write(further: Mapping[int, tuple[int, ...]], scale: Scale) -> Network:
    """The open network, with these widths of the stages besides."""
    body = []
    for i, stage in enumerate(positions(STAGES, scale), 1):
        options = filters(STAGES[i - 1].features, further.get(i, ()))
        count, width = STAGES[i - 1].count, Width(f"stage{i}/filters", options)
        first, later = block(f"stage{i}", width, stage[0].stride, True), block(f"stage{i}", width, 1, False)
        body.append((Depth(f"stage{i}/layers", (count - 1, count, count + 1), (first, later)),))
    last = InvertedBottleneck(320, 6, act="relu")
    return Network(
        "mnasnet",
        (stem(32, "relu", scale), Separable(16, linear=True)),
        (*body, (last,)),
        (ConvNorm(1280, 1), Classifier(scale.classes, 0.2)),
        "arXiv:1807.11626, section 4",
        scale.pixels,
    )


def block(stage: str, features: int, stride: int, widens: bool) -> Block:
    """The block that a stage repeats; where it `widens` the identity cannot skip it."""

    def make(op: str, kernel: int, se: SqueezeExcite | None, skip: str) -> Block:
        expansion = OPERATIONS[op]
        if expansion is None:
            plain = Chain((ConvNorm(features, kernel, stride), *(() if se is None else (se,))))
        else:
            plain = InvertedBottleneck(features, expansion, None, kernel, stride, se, "relu", residual=False)
        if skip == "none" or (skip == "identity" and widens):
            return plain
        return Residual(plain, pooled(features, 3, stride, widens) if skip == "pool" else IDENTITY)

    options = {
        "op": {op: op for op in OPERATIONS},
        "kernel": KERNELS,
        "se": GATES,
        "skip": {skip: skip for skip in SKIPS},
    }
    return crossed(stage, options, make)


def read(table: Sequence[tuple[int, int, int, int, int, bool]]) -> Choices:
    """The architecture of a released network's rows, `networks.mnasnet`; the last one, of one block, is not decided."""
    chosen = {}
    for i, (expansion, kernel, features, count, _, se) in enumerate(table[: len(STAGES)], 1):
        found = {"op": f"mbconv{expansion}", "kernel": str(kernel), "se": "0.25" if se else "0", "skip": "identity"}
        found |= {"filters": str(features), "layers": str(count)}
        chosen |= {f"stage{i}/{name}": label for name, label in found.items()}
    return Choices(chosen)


mnasnet = DescribedSpace(functools.partial(write, {}), IMAGENET)
mnasnet_released = DescribedSpace(functools.partial(write, RELEASED), IMAGENET)
MEMBERS = {"mnasnet_a1": read(released.A1), "mnasnet_b1": read(released.B1)}
