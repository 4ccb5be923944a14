"""Trilevel NAS for super-resolution (arXiv:2101.06658; released code): levels of network, cell and kernel.

| level | decisions | options |
|---|---|---|
| network | path | a cell, then cells (c) and up-samplings (u) in any order, ending anywhere: at most so many of each |
| cell | operation at each of some places | kinds of convolution: `PAPER`, or `KERNELS` |
| kernel | width behind every place but the last | shares of the network's width |

A path is a word such as ``ccuc``: it says where the map is doubled, and how many cells come before and after. A last
convolution with a pixel shuffle does what is left to be enlarged, so all words make images of one size. The paths are
a tree; a cell has decisions of its own for every way on which it is reached.

Of the release's two variants A doubles maps on every path, and B has plain convolutions in that place and a last pixel
shuffle by 4. Here both are paths of one space; at four times the size its tree has the 55 nodes of the release. Layers
that are quantised are left out, every end of a path has a last convolution of its own, and a network makes the
difference from the bicubic image, without which few epochs do not come near it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from functools import partial
from math import comb

from dartsx.networks import Choice, Network, Tree, TreeNode, Width
from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import ConvNorm, Separable
from dartsx.networks.blocks.shortcut import Residual
from dartsx.networks.blocks.upscaling import Doubled, OverBicubic, PlainGrouped, PlainResidual, Recursive, Shuffled
from dartsx.networks.layers import Scaled
from dartsx.networks.rounding import make_divisible
from dartsx.networks.trace import Block
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

SHARE = 0.2  # of a cell's operations in its result, beside its input
Operations = Mapping[str, Callable[[int], Block]]  # label -> features -> block


def _plain(features: int, kernel: int = 3) -> Block:
    return ConvNorm(features, kernel, norm=False)


def _separable(features: int) -> Block:
    return Separable(features, norm=False)


PAPER: Operations = {
    "conv_1x1": lambda features: _plain(features, 1),
    "conv_3x3": _plain,
    "residual": lambda features: Chain((_plain(features), PlainResidual(features))),
    "dws": _separable,
}
KERNELS: Operations = {
    "plain": _plain,
    "grouped": PlainGrouped,
    "dws": _separable,
    "recursive": lambda features: Chain((_plain(features, 1), Recursive())),
}


@dataclasses.dataclass(frozen=True)
class Trilevel:
    """What a space of three levels offers.

    Attributes:
      scale: how many times larger images become, 2 or 4.
      cells: most cells of a path.
      places: operations of a cell.
      operations: the operations.
      widths: shares of the width, in units of the last.
    """

    scale: int
    cells: int
    places: int
    operations: Operations
    widths: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All paths, the shorter ones first."""
        most = {"c": self.cells, "u": self.scale.bit_length() - 1}
        words = ("c" + "".join(rest) for n in range(sum(most.values())) for rest in itertools.product("cu", repeat=n))
        return tuple(word for word in words if all(word.count(letter) <= most[letter] for letter in most))

    def write(self, size: Scale) -> Network:
        """The open network of cells of the size's channels."""
        nodes = tuple(TreeNode(word, self._block(word, size.channels), self._head(word, size)) for word in self.words)
        blocks = (ConvNorm(size.channels, 3, norm=False, act=None), Tree("path", nodes))
        name = f"trilevel_x{self.scale}"
        return Network(
            name, (OverBicubic(self.scale, blocks),), (), (), "arXiv:2101.06658", size.pixels, channels=size.classes
        )

    def count(self) -> int:
        """Sum over paths of the forms of all their cells."""
        forms = len(self.operations) ** self.places * len(self.widths) ** (self.places - 1)
        doublings = range(self.scale.bit_length())
        return sum(comb(more + u, u) * forms ** (more + 1) for more in range(self.cells) for u in doublings)

    def _block(self, word: str, channels: int) -> Block:
        """What the last letter of a word stands for."""
        return self._cell(word, channels) if word[-1] == "c" else Doubled(channels)

    def _cell(self, name: str, channels: int) -> Block:
        """Operations one after the other, whose result counts a fifth, and a shortcut around them."""
        widths = [self._width(f"{name}/width{i}", channels) for i in range(1, self.places)]
        operations = (
            Choice(f"{name}/op{i}", {label: make(width) for label, make in self.operations.items()})
            for i, width in enumerate((*widths, channels), 1)
        )
        return Residual(Chain((*operations, Scaled(SHARE))))

    def _width(self, name: str, channels: int) -> int:
        return make_divisible(Width(name, self.widths) * channels / self.widths[-1])

    def _head(self, word: str, size: Scale) -> Block:
        return Shuffled(size.classes, self.scale // 2 ** word.count("u"))


def _space(levels: Trilevel, size: Scale) -> DescribedSpace:
    return DescribedSpace(partial(Trilevel.write, levels), size)


PAPERS = {scale: Trilevel(scale, 5, 5, PAPER, (4, 6, 8, 10, 12)) for scale in (2, 4)}
SMALL = {scale: Trilevel(scale, 2, 2, KERNELS, (1, 2)) for scale in (2, 4)}
trilevel_x2, trilevel_x4 = (_space(PAPERS[scale], Scale(channels=64, classes=3, image_size=32)) for scale in (2, 4))
trilevel_small_x2, trilevel_small_x4 = (
    _space(SMALL[scale], Scale(channels=16, classes=3, image_size=16)) for scale in (2, 4)
)
