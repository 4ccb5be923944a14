"""ProxylessNAS (arXiv:1812.00332, section 4.2): kernel and expansion of 21 inverted bottlenecks, or nothing.

| stage | positions | stride | options |
|---|---|---|---|
| 1 to 5 | 1 + 3 | 2, 2, 2, 1, 2 | kernel 3, 5, 7 x expansion 3, 6; nothing where the block changes no shape |
| 6 | 1 | 1 | kernel 3, 5, 7 x expansion 3, 6 |

6^6 x 7^15 = 2.2e17 architectures. The widths are those of the released networks: the paper searched each device's
network in a backbone of its own, so that there is a space for each (its Mobile network is no member of
`proxyless_search`, which has the widths of the released search and of its table of latencies on a Pixel 1). What is
nothing may stand anywhere in a stage: several architectures are the same network, and the released networks, which list
no empty positions, are encoded with these at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from dartsx.networks import Choice, Network
from dartsx.networks.block_list import Row
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.spaces.chains.backbone import IMAGENET, Backbone, Position, Stage, ends, positions
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

KERNELS, EXPANSIONS, SKIP = (3, 5, 7), (3, 6), "skip"
COUNTS, STRIDES = (4, 4, 4, 4, 4, 1), (2, 2, 2, 1, 2, 1)
NAMES = tuple(f"stage{i}/block{j}" for i, count in enumerate(COUNTS, 1) for j in range(1, count + 1))
SOURCE = "arXiv:1812.00332, section 4.2; released networks"


def backbone(stem: int, first: int, widths: Sequence[int], head: int) -> Backbone:
    """Widths of stem, first block, six stages and head."""
    return Backbone(stem, first, tuple(map(Stage, widths, COUNTS, STRIDES)), head, "relu6")


MOBILE = backbone(32, 16, (32, 40, 80, 96, 192, 320), 1280)
GPU = backbone(40, 24, (32, 56, 112, 128, 256, 432), 1728)
SEARCH = backbone(32, 16, (24, 40, 80, 96, 192, 320), 1280)
MOBILE_1_4 = backbone(48, 24, (40, 56, 112, 136, 256, 448), 1792)
CPU = backbone(40, 24, (32, 48, 88, 104, 216, 360), 1432)


def space(name: str, widths: Backbone, scale: Scale = IMAGENET) -> DescribedSpace:
    """The space of a backbone."""

    def write(scale: Scale) -> Network:
        body = tuple(tuple(map(position, stage)) for stage in positions(widths.stages, scale, widths.first))
        first = InvertedBottleneck(widths.first, expansion=1)
        return ends(name, widths, ((first,), *body), scale, SOURCE)

    return DescribedSpace(write, scale)


def position(at: Position) -> Choice:
    """The choice at a position."""
    blocks = {
        label(kernel, expansion): InvertedBottleneck(at.features, expansion, None, kernel, at.stride)
        for kernel in KERNELS
        for expansion in EXPANSIONS
    }
    return Choice(at.name, {**blocks, SKIP: None} if at.keeps else blocks)


def label(kernel: int, expansion: int) -> str:
    """As ``k3_e6``."""
    return f"k{kernel}_e{expansion}"


def read(rows: Sequence[Row]) -> Choices:
    """The architecture of a published list of blocks, of which the first is the fixed one."""
    chosen, before, stage, block = {}, rows[0].features, 0, 0
    for row in rows[1:]:
        stage, block = (stage, block + 1) if row.features == before and row.stride == 1 else (stage + 1, 1)
        chosen[f"stage{stage}/block{block}"] = label(row.kernel, row.expanded // before)
        before = row.features
    return Choices({name: chosen.get(name, SKIP) for name in NAMES} | chosen)


proxyless = space("proxyless", MOBILE)
proxyless_gpu = space("proxyless_gpu", GPU)
proxyless_cpu = space("proxyless_cpu", CPU)
proxyless_mobile_1_4 = space("proxyless_mobile_1_4", MOBILE_1_4)
proxyless_search = space("proxyless_search", SEARCH)
