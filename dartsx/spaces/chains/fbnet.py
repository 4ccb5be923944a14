"""FBNet (arXiv:1812.03443, tables 1 and 2): one of nine blocks at each of 22 positions, 9^22 = 9.8e20 architectures.

| block | expansion | kernel | groups |
|---|---|---|---|
| k3_e1, k5_e1 | 1 | 3, 5 | 1 |
| k3_e1_g2, k5_e1_g2 | 1 | 3, 5 | 2 |
| k3_e3, k5_e3 | 3 | 3, 5 | 1 |
| k3_e6, k5_e6 | 6 | 3, 5 | 1 |
| skip | | | |

As in the authors' release (mobile-vision) blocks of expansion 1 have no expansion convolution, groups are those of the
projection, and skip is a strided 1x1 convolution where the shape changes. The paper gives the last convolution 1,504 or
1,984 channels: FBNet-A has the former, B and C the latter.
"""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.networks import Choice, Network
from dartsx.networks.block_list import Row
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.spaces.chains.backbone import IMAGENET, Backbone, Position, Stage, ends, positions
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

# Table 1: channels, positions, stride.
STAGES = tuple(
    Stage(*row) for row in ((16, 1, 1), (24, 4, 2), (32, 4, 2), (64, 4, 2), (112, 4, 1), (184, 4, 2), (352, 1, 1))
)
# Table 2: expansion and groups of the blocks of each kernel.
KERNELS, SHAPES, SKIP = (3, 5), ((1, 1), (1, 2), (3, 1), (6, 1)), "skip"
NAMES = tuple(f"stage{i}/block{j}" for i, stage in enumerate(STAGES, 1) for j in range(1, stage.count + 1))
SOURCE = "arXiv:1812.03443, tables 1 and 2; released networks"


def space(name: str, head: int, scale: Scale = IMAGENET) -> DescribedSpace:
    """The space with this number of channels in the last convolution."""
    widths = Backbone(16, 16, STAGES, head, "relu")

    def write(scale: Scale) -> Network:
        body = tuple(tuple(map(position, stage)) for stage in positions(STAGES, scale, widths.stem))
        return ends(name, widths, body, scale, SOURCE)

    return DescribedSpace(write, scale)


def position(at: Position) -> Choice:
    """The nine blocks at a position."""
    blocks = {
        label(kernel, expansion, groups): InvertedBottleneck(
            at.features, expansion, None, kernel, at.stride, act="relu", splits_out=groups
        )
        for kernel in KERNELS
        for expansion, groups in SHAPES
    }
    return Choice(at.name, {**blocks, SKIP: None if at.keeps else ConvNorm(at.features, 1, at.stride)})


def label(kernel: int, expansion: int, groups: int) -> str:
    """As ``k3_e1_g2``."""
    return f"k{kernel}_e{expansion}" + (f"_g{groups}" if groups > 1 else "")


def read(rows: Sequence[Row]) -> Choices:
    """The architecture of a published list of 22 blocks."""
    before = [STAGES[0].features, *(row.features for row in rows)]
    labels = [
        SKIP if row.kind == "skip" else label(row.kernel, row.expanded // channels, row.groups)
        for row, channels in zip(rows, before[:-1], strict=True)
    ]
    return Choices(zip(NAMES, labels, strict=True))


fbnet = space("fbnet", 1984)
fbnet_a = space("fbnet_a", 1504)
