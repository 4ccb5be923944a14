"""The networks of Auto-DeepLab (arXiv:1901.02985): the cell and the path that its search found, with ASPP and decoder.

Figures are those of Cityscapes: 19 classes. Details follow the released code (github.com/tensorflow/models,
research/deeplab/core/nas_network.py and nas_cell.py at 33395b05d9).
"""

from __future__ import annotations

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.path_cell import PathCell
from dartsx.networks.blocks.segmentation import ASPP, Decoder
from dartsx.networks.description import Network

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
STEM = (ConvNorm(64, 3, 2), ConvNorm(64, 3), ConvNorm(128, 3, 2))


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
    head = (ASPP(), Decoder(classes, skip=len(STEM) + last))
    return Network(name, STEM, (cells,), head, "arXiv:1901.02985 and its released code", 512)
