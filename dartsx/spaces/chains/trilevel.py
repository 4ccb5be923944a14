"""Trilevel NAS (arXiv:2101.06658; released code): levels of network, cell and kernel over one backbone.

| level | decisions | options |
|---|---|---|
| network | cells | 1 to 5 (the first is fixed, of four further ones so many stand) |
| cell | operation at each of five places | 1x1, 3x3 convolution, residual layer, depthwise-separable block |
| kernel | width behind each of the first four | 4, 6, 8, 10 or 12 twelfths of the backbone's |

A cell has 4^5 x 5^4 = 640,000 forms, a network of n cells 640,000^n: 1.1e29 in all. A cell's result is x + f(x) / 5 in
the release and x + f(x) here. The release searches super-resolution (64 channels, a last 3x3 convolution, pixels
shuffled by 4) and its paths also place up-sampling convolutions; here the backbone stands before a classifier, which
the levels do not depend on; `trilevel_images` has super-resolution. Batch norms, which the release leaves out, are
kept.
"""

from __future__ import annotations

from dartsx.networks import Choice, Depth, Network, Width
from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import Classifier, ConvNorm, Separable
from dartsx.networks.blocks.residual import BasicBlock
from dartsx.networks.blocks.shortcut import Residual
from dartsx.networks.trace import Block
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

CELLS, PLACES = (1, 2, 3, 4, 5), 5
TWELFTHS = (4, 6, 8, 10, 12)


def write(scale: Scale) -> Network:
    """The open network of cells of the scale's channels."""
    cells = tuple(cell(f"cell{i}", scale.channels) for i in CELLS)
    return Network(
        "trilevel",
        (ConvNorm(scale.channels, 3),),
        ((Depth("cells", CELLS, cells),),),
        (Classifier(scale.classes),),
        "arXiv:2101.06658",
        scale.pixels,
    )


def cell(name: str, channels: int) -> Block:
    """Five operations one after the other, and a shortcut around them."""
    inner = [Width(f"{name}/width{i}", TWELFTHS) * channels // 12 for i in range(1, PLACES)]
    return Residual(Chain(tuple(operation(f"{name}/op{i}", width) for i, width in enumerate((*inner, channels), 1))))


def operation(name: str, features: int) -> Choice:
    """One of the four operations."""
    blocks = {
        "conv_1x1": ConvNorm(features, 1),
        "conv_3x3": ConvNorm(features, 3),
        "residual": Chain((ConvNorm(features, 3), BasicBlock(features))),
        "dws": Separable(features),
    }
    return Choice(name, blocks)


def count(operations: int = 4, widths: int = len(TWELFTHS)) -> int:
    """Sum over the numbers of cells of the forms of all cells."""
    return sum((operations**PLACES * widths ** (PLACES - 1)) ** cells for cells in CELLS)


trilevel = DescribedSpace(write, Scale(channels=24, image_size=12))
