"""A chain for images of 32x32 at a size for a CPU: nine positions, at which ProxylessNAS's decisions are taken.

The stem, the first and the second of three stages stride; a stage has three positions, each an inverted bottleneck of
kernel 3 or 5 and expansion 3 or 6, or nothing where the shape stays: 4^3 x 5^6 = 1,000,000 architectures. There is no
kernel 7, whose blocks take a CPU tens of times as long as those of 5. ``configs/cifar_chain.py`` searches it under a
latency target, ``cifar_chain:MobileNetV2`` is the network to compare with.
"""

from dartsx.networks import Choice, Network
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.spaces.chains.backbone import Backbone, Position, Stage, ends, positions
from dartsx.spaces.choices import Choices
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
MEMBERS = {"MobileNetV2": Choices(dict.fromkeys(cifar_chain.decisions, "k3_e6"))}
"""MobileNetV2's block, kernel 3 and expansion 6, at every position."""
