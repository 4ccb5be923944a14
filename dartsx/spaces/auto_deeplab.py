"""Auto-DeepLab (arXiv:1901.02985): the cell of a segmentation network, and the path of its layers over resolutions.

| decision | options |
|---|---|
| ``cell/i/left_state``, ``cell/i/right_state`` | both inputs of the cell, and all nodes before node i |
| ``cell/i/left``, ``cell/i/right`` | eight operations |
| ``path/l/s``: where a path at level s goes behind layer l | up, keep, down |

With five nodes and 12 layers over four levels these are (6! x 8^5)^2 = 5.6e14 cells and 28,657 paths. The network that
the paper found is a member. A network ends in ASPP, and in a decoder that reads the last layer at level 0 besides.

`auto_deeplab_scenes` is a smaller one for small images: three layers over three levels from half of the image's size
on, and two nodes of four operations.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from dartsx.networks import Network, Path
from dartsx.networks.auto_deeplab import CELL, CLASSES, FILTERS, PATH, STEM
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.path_cell import INPUTS, OPERATIONS, SIDES, OpenPathCell
from dartsx.networks.blocks.segmentation import ASPP, Decoder
from dartsx.networks.open.pair_trellis import PairTrellis
from dartsx.networks.open.trellis import MOVES
from dartsx.networks.trace import Block
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.genotype import Cell, Edge
from dartsx.spaces.scale import Scale

SOURCE = "arXiv:1901.02985 and its released code"
HEAD = ASPP()


def space(
    name: str,
    path: Path,
    nodes: int,
    scale: Scale,
    operations: tuple[str, ...] = tuple(OPERATIONS),
    stem: tuple[Block, ...] = STEM,
    head: ASPP = HEAD,
    features: int = 256,
    narrowed: int = 48,
) -> DescribedSpace:
    """A space of segmentation networks.

    Args:
      name: name of its networks.
      path: layers and levels.
      nodes: nodes of the cell besides its inputs.
      scale: `channels` of a node at level 0 (they double from level to level), `classes`, `image_size`.
      operations: names of operations of the cell.
      stem: at least two blocks; the last two are the inputs of the first layer.
      head: behind the last layer.
      features: channels of the decoder's 3x3 convolutions.
      narrowed: channels that the decoder keeps of level 0.
    """

    def write(scale: Scale) -> Network:
        cells = tuple(
            tuple(
                OpenPathCell("cell", nodes, scale.channels * 2**level, move, operations)
                for move in sorted(MOVES.values())
            )
            for level in range(path.levels)
        )
        decoder = Decoder(scale.classes, features=features, narrowed=narrowed)
        trellis = PairTrellis(path, cells, (head,) * path.levels, decoder)
        return Network(name, stem, ((trellis,),), (), SOURCE, scale.pixels)

    return DescribedSpace(write, scale)


def architecture(path: tuple[int, ...], cell: tuple[tuple[str, int], ...]) -> Choices:
    """The architecture of a path and a cell as `dartsx.networks.auto_deeplab` has them."""
    labels = {step: label for label, step in MOVES.items()}
    steps = enumerate(itertools.pairwise(path))
    chosen = {f"path/{layer}/{level}": labels[after - level] for layer, (level, after) in steps}
    for number, (operation, source) in enumerate(cell):
        name = f"cell/{INPUTS + number // 2}/{SIDES[number % 2]}"
        chosen |= {f"{name}_state": str(source), name: operation}
    return Choices(chosen)


def decided_cell(choices: Mapping[str, str]) -> Cell | None:
    """The cell that decisions of such a space choose, as cells are drawn; None where there are no such decisions.

    As in other cells node 0 is the layer before the last one here, and node 1 the last one. An operation that gives
    nothing is left out.
    """
    slots = [name for name in choices if f"{name}_state" in choices]
    if not slots:
        return None
    states = [int(choices[f"{name}_state"]) for name in slots]
    edges = (
        Edge(choices[name], INPUTS - 1 - state if state < INPUTS else state, int(name.split("/")[1]))
        for name, state in zip(slots, states, strict=True)
    )
    nodes = sorted({int(name.split("/")[1]) for name in slots})
    return Cell(tuple(edge for edge in edges if edge.primitive != "none"), tuple(nodes))


auto_deeplab = space(
    "auto_deeplab", Path("path", 12, 4), 5, Scale(FILTERS["auto_deeplab_s"], classes=CLASSES, image_size=512)
)
auto_deeplab_scenes = space(
    "auto_deeplab_scenes",
    Path("path", 3, 3),
    2,
    Scale(8, classes=11, image_size=64),
    ("atrous_3x3", "atrous_5x5", "skip_connect", "none"),
    (ConvNorm(8, 3), ConvNorm(16, 3, 2)),
    ASPP(32, (2, 4, 6)),
    32,
    12,
)
MEMBERS: Mapping[str, Choices] = {"Auto-DeepLab": architecture(PATH, CELL)}
