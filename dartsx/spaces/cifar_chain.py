"""A chain for images of 32x32 at a size for a CPU: nine positions, at which ProxylessNAS's decisions are taken.

The stem, the first and the second of three stages stride; a stage has three positions, each an inverted bottleneck of
kernel 3 or 5 and expansion 3 or 6, or nothing where the shape stays: 4^3 x 5^6 = 1,000,000 architectures. There is no
kernel 7, which takes a CPU twenty times as long as 5. ``configs/cifar_chain.py`` searches it under a latency target.
"""

from dartsx.networks import Choice, Network
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.spaces.chains.backbone import Backbone, Position, Stage, ends, positions
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

WIDTHS = Backbone(16, 8, (Stage(16, 3, 2), Stage(32, 3, 2), Stage(64, 3, 1)), 128, "relu6")


def write(scale: Scale) -> Network:
    """The open network: stem, a fixed block, three stages, head."""
    first = InvertedBottleneck(WIDTHS.first, expansion=1)
    body = tuple(tuple(map(position, stage)) for stage in positions(WIDTHS.stages, scale, WIDTHS.first))
    return ends("cifar_chain", WIDTHS, ((first,), *body), scale, "an example of this project")


def position(at: Position) -> Choice:
    """The blocks at a position, or nothing."""
    blocks = {
        f"k{kernel}_e{expansion}": InvertedBottleneck(at.features, expansion, None, kernel, at.stride)
        for kernel in (3, 5)
        for expansion in (3, 6)
    }
    return Choice(at.name, {**blocks, "skip": None} if at.keeps else blocks)


cifar_chain = DescribedSpace(write, Scale(stem="imagenet", image_size=32))
