"""A chain for small images: six positions with a kernel, an expansion or nothing, two widths and two depths.

An example of a described space; ``configs/digit_chain.py`` searches it on handwritten digits.
"""

from dartsx.networks import Choice, Depth, Network, Width
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale


def write(scale: Scale) -> Network:
    """The open network: stem, three positions, a convolution of stride 2, three positions, classifier."""
    narrow, wide = Width("width1", (6, 8, 12)), Width("width2", (12, 16, 24))
    stages = (
        (Depth("depth1", (1, 2, 3), tuple(position(i, narrow) for i in (1, 2, 3))),),
        (ConvNorm(wide, 3, 2), Depth("depth2", (1, 2, 3), tuple(position(i, wide) for i in (4, 5, 6)))),
    )
    head = (Classifier(scale.classes),)
    return Network("digit_chain", (ConvNorm(narrow, 3),), stages, head, "an example of this project", scale.pixels)


def position(i: int, width: Width) -> Choice:
    """An inverted bottleneck of kernel 3 or 5 whose expansion is a decision of its own, or nothing."""
    expansion = Width(f"expansion{i}", (2, 3))
    blocks = {f"k{kernel}": InvertedBottleneck(width, expansion, kernel=kernel) for kernel in (3, 5)}
    return Choice(f"op{i}", {**blocks, "skip": None})


digit_chain = DescribedSpace(write, Scale(image_size=12))
