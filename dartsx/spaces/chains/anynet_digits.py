"""AnyNetX at the size of handwritten digits: RegNet's chain of restrictions where all networks can be trained.

| space | decisions (arXiv:2003.13678, section 3) | architectures |
|---|---|---|
| anynet_digits_a | of each of 3 stages: depth, width, bottleneck ratio, group width | 884,736 |
| anynet_digits_b | one bottleneck ratio | 98,304 |
| anynet_digits_c | one group width | 6,144 |
| anynet_digits_d | widths do not fall | 1,920 |
| anynet_digits_e | depths do not fall | 960 |

Depths are 1 and 2, widths 4, 8, 12 and 16, ratios and groups those of AnyNetX that fit; the stem and every stage halve
the map. The first three are described, so that one supernet computes all networks of a space, and that of
`anynet_digits_c` those of the last two. Steps b and c have no name in the table of spaces, which does not keep them
from being compared as ``dartsx.spaces.chains.anynet_digits:anynet_digits_b``.
"""

from __future__ import annotations

from collections.abc import Mapping

from dartsx.networks import Depth, Network, Width
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces.chains.regnet import block, not_falling
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale
from dartsx.spaces.written_space import WrittenSpace, restricted

STAGES = ("stage1", "stage2", "stage3")
DEPTHS, WIDTHS = (1, 2), (4, 8, 12, 16)
SIZES: Mapping[str, tuple[int, ...]] = {"width": WIDTHS, "ratio": (1, 2, 4), "group": (1, 2, 4, 8)}
STEM = 8


def space(letter: str, shared: tuple[str, ...] = ()) -> DescribedSpace:
    """A described AnyNetX, whose `shared` sizes are one decision for all stages."""

    def sized(stage: str, name: str) -> Width:
        return Width(name if name in shared else f"{stage}/{name}", SIZES[name])

    def write(scale: Scale) -> Network:
        body = []
        for stage in STAGES:
            first, later = (block(*(sized(stage, name) for name in SIZES), stride) for stride in (2, 1))
            body.append((Depth(f"{stage}/depth", DEPTHS, (first, later)),))
        head = (Classifier(scale.classes),)
        name = f"anynet_digits_{letter}"
        return Network(name, (ConvNorm(STEM, 3, 2),), tuple(body), head, "arXiv:2003.13678, section 3", scale.pixels)

    return DescribedSpace(write, Scale(image_size=12))


def rising(space: DescribedSpace, sizes: Mapping[str, tuple[int, ...]]) -> WrittenSpace:
    """The networks of a space in which these sizes do not fall from stage to stage."""
    others = {name: found for name, found in space.decisions.items() if name.partition("/")[2] not in sizes}
    return restricted(space, not_falling(STAGES, sizes, others))


anynet_digits_a = space("a")
anynet_digits_b = space("b", ("ratio",))
anynet_digits_c = space("c", ("ratio", "group"))
anynet_digits_d = rising(anynet_digits_c, {"width": WIDTHS})
anynet_digits_e = rising(anynet_digits_c, {"width": WIDTHS, "depth": DEPTHS})
