"""The networks of Auto-DeepLab (arXiv:1901.02985): the cell and the path that its search found, with ASPP and decoder.

Figures are those of Cityscapes: 19 classes. Details follow the released code (github.com/tensorflow/models,
research/deeplab/core/nas_network.py and nas_cell.py at 33395b05d9).
"""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.candidates import Activated, SeparableUnits
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.segmentation import ASPP, Decoder
from dartsx.networks.description import Network
from dartsx.networks.layers import Resize
from dartsx.networks.trace import Block, Trace, Value

PATH = (0, 0, 0, 1, 2, 1, 2, 2, 3, 3, 2, 1)  # level of every layer; level l has 1 / (4 2^l) of the image's size
# Operations of the nodes 2 to 6, two for each: (operation, source); node 0 is the layer before, node 1 the one before.
CELL = (
    *(("atrous_5x5", 1), ("separable_3x3", 0)),
    *(("separable_3x3", 1), ("atrous_3x3", 0)),
    *(("separable_3x3", 3), ("separable_3x3", 1)),
    *(("separable_5x5", 4), ("separable_5x5", 2)),
    *(("separable_5x5", 3), ("atrous_5x5", 5)),
)
FILTERS = {"auto_deeplab_s": 20, "auto_deeplab_m": 32, "auto_deeplab_l": 48}  # channels of a node at level 0
CLASSES = 19
_STEM = (ConvNorm(64, 3, 2), ConvNorm(64, 3), ConvNorm(128, 3, 2))


@dataclasses.dataclass(frozen=True)
class Atrous:
    """relu, dense k x k convolution of rate 2, norm; at stride 2 a map of half the size and rate 1 instead."""

    features: int
    kernel: int
    stride: int = 1

    def build(self, trace: Trace, x: Value) -> Value:
        """Activation, resize, convolution, norm."""
        y = trace.act(x, "relu")
        if self.stride == 2:
            y = trace.add(Resize(tuple(-(-size // 2) for size in x.shape[:2])), y)
        y = trace.conv(y, self.features, self.kernel, dilation=1 if self.stride == 2 else 2)
        return trace.norm(y)


def operation(name: str, features: int, stride: int) -> Block:
    """An operation of a cell; ``separable`` ones are two units."""
    kind, kernel = name.split("_")
    size = int(kernel[0])
    return Atrous(features, size, stride) if kind == "atrous" else SeparableUnits(size, stride, units=2)


@dataclasses.dataclass(frozen=True)
class PathCell:
    """A cell at a level: [H, W, C] -> [H', W', 5 features], two operations summed into each of five nodes.

    Both inputs pass relu, 1x1 convolution and norm, the older one resized to the other's size before. On the way to a
    larger map the newer one is resized first; on the way to a smaller one, operations on inputs have stride 2.

    Attributes:
      cell: (operation, source) of the nodes 2, 3, ..., two for each.
      features: channels of a node.
      move: level of this cell less that of the cell before: -1, 0 or 1.
    """

    cell: tuple[tuple[str, int], ...]
    features: int
    move: int = 0

    def build(self, trace: Trace, x: Value) -> Value:
        """Inputs, nodes, and their concatenation."""
        older, newer = trace.results[-2], x
        if self.move < 0:
            newer = trace.add(Resize(tuple(2 * size for size in x.shape[:2])), newer)
        if older.shape[:2] != newer.shape[:2]:
            older = trace.add(Resize(newer.shape[:2]), older)
        project = Activated(ConvNorm(self.features, 1, act=None))
        states = [trace.block(project, value, f"pre{i}") for i, value in enumerate((newer, older))]
        for i in range(0, len(self.cell), 2):
            states.append(trace.sum(*(self._computed(trace, states, j) for j in (i, i + 1))))
        return trace.concat(*states[2:])

    def _computed(self, trace: Trace, states: list[Value], number: int) -> Value:
        name, source = self.cell[number]
        stride = 2 if self.move > 0 and source < 2 else 1
        return trace.drop_path(trace.block(operation(name, self.features, stride), states[source], f"op{number}"))


def auto_deeplab(
    filters: int,
    classes: int = CLASSES,
    path: tuple[int, ...] = PATH,
    cell: tuple[tuple[str, int], ...] = CELL,
    name: str = "auto_deeplab",
) -> Network:
    """A segmentation network: logits [H, W, classes] of every pixel.

    Args:
      filters: channels of a node at level 0; they double from level to level.
      classes: number of classes.
      path: level of every layer, each at most one beside the last; at least one layer at level 0.
      cell: see `PathCell`.
      name: name of the network.
    """
    moves = [level - before for before, level in zip((0, *path), path, strict=False)]
    cells = tuple(PathCell(cell, filters * 2**level, move) for level, move in zip(path, moves, strict=True))
    last = max(i for i, level in enumerate(path) if level == 0)
    head = (ASPP(), Decoder(classes, skip=len(_STEM) + last))
    return Network(name, _STEM, (cells,), head, "arXiv:1901.02985 and its released code", 512)
