"""NAS-FPN's space (arXiv:1904.07392, section 3.1): a feature pyramid of seven merge cells, repeated in a detector.

| decision | options |
|---|---|
| inputs of a cell | two of the five maps that come in and the results of all cells before: 10, 15, ..., 55 |
| merging of a cell | sum, global attention |
| level of a cell that makes no output (the first two) | 4 to 7; level 3 is left out to save computation |
| order in which the last five make the outputs | 120 |

10 x 15 x 21 x 28 x 36 x 45 x 55 x 2^7 x 4^2 x 120 = 1.9e15 pyramids. Inputs are sets: where both have one level and
attention merges them, the first of them gates, so that the other order, which the paper's controller can draw as well,
is not counted. An output adds all earlier values of its level that nothing has read. Repeated pyramids are alike and
have weights of their own; a `Scale` gives their number as layers and their width as channels.

| space | what it is |
|---|---|
| nas_fpn | on ResNet-50 at 640 pixels, 7 repeats of 256 channels |
| nas_fpn_small | on three residual blocks at 64 pixels, 2 repeats of 16 channels |

The networks of these have maps of other sizes and share no supernet. With the levels of the published pyramid given,
inputs and merging alone are open: `given_levels` and `small_given_levels` are described and have a supernet; they are
named by ``dartsx.spaces.graphs.nas_fpn:small_given_levels``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

from dartsx.networks import Decision, Network, Pick, Read
from dartsx.networks.blocks.pyramid import MERGES, Merge, MergeCell, OpenMerge, Pyramid
from dartsx.networks.detectors import NAS_FPN, retinanet, small_detector
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale
from dartsx.spaces.written_space import WrittenSpace

LEVELS = (3, 4, 5, 6, 7)
CELLS, OUTPUTS = 7, len(LEVELS)
INNER = CELLS - OUTPUTS  # cells that make no output
INNER_LEVELS = LEVELS[1:]
PUBLISHED_LEVELS = tuple(level for _, level, _, _ in NAS_FPN)

Detector = Callable[[Pyramid, Scale], Network]
PAPER, SMALL = Scale(256, 7, 80, image_size=640), Scale(16, 2, 10, image_size=64)


def sources(cell: int) -> tuple[int, ...]:
    """Numbers of the values that a cell (from 1) can read."""
    return tuple(range(len(LEVELS) + cell - 1))


def decisions() -> dict[str, Decision]:
    """What is decided of a pyramid, in order."""
    made: dict[str, Decision] = {"order": Decision(tuple(map(_text, itertools.permutations(LEVELS))))}
    for cell in range(1, CELLS + 1):
        made[f"cell{cell}/inputs"] = Decision(tuple(label for label, _ in _pick(cell).options))
        if cell <= INNER:
            made[f"cell{cell}/level"] = Decision(tuple(map(str, INNER_LEVELS)))
        made[f"cell{cell}/merge"] = Decision(MERGES)
    return made


def pyramid(choices: Mapping[str, str]) -> Pyramid:
    """The pyramid of these choices."""
    levels = [int(choices[f"cell{cell}/level"]) for cell in range(1, INNER + 1)]
    levels += map(int, choices["order"].split("-"))
    cells = []
    for cell, level in enumerate(levels, 1):
        read = tuple(map(int, choices[f"cell{cell}/inputs"].split("+")))
        cells.append(MergeCell(Read(read), level, Merge(choices[f"cell{cell}/merge"]), cell > INNER))
    return Pyramid(tuple(cells))


def open_pyramid(levels: tuple[int, ...] = PUBLISHED_LEVELS) -> Pyramid:
    """The pyramid of these levels whose inputs and mergings are open; the last five levels are those of the outputs."""
    return Pyramid(
        tuple(
            MergeCell(_pick(cell), level, OpenMerge(f"cell{cell}/merge"), cell > INNER)
            for cell, level in enumerate(levels, 1)
        )
    )


def space(detector: Detector, scale: Scale) -> WrittenSpace:
    """All pyramids, in a detector."""
    return WrittenSpace(decisions(), lambda choices, scale: detector(pyramid(choices), scale), scale)


def described(detector: Detector, scale: Scale, levels: tuple[int, ...] = PUBLISHED_LEVELS) -> DescribedSpace:
    """All pyramids whose cells have these levels, in a detector."""
    return DescribedSpace(lambda scale: detector(open_pyramid(levels), scale), scale)


def with_levels(choices: Mapping[str, str], levels: tuple[int, ...] = PUBLISHED_LEVELS) -> Choices:
    """An architecture of a described space as one of all pyramids."""
    given = {f"cell{cell}/level": str(level) for cell, level in enumerate(levels[:INNER], 1)}
    return Choices({**choices, **given, "order": _text(levels[INNER:])})


def count() -> int:
    """Number of pyramids: of each cell the pairs of values and the mergings; levels of the inner ones; orders."""
    cells = math.prod(math.comb(len(sources(cell)), 2) * len(MERGES) for cell in range(1, CELLS + 1))
    return cells * len(INNER_LEVELS) ** INNER * math.factorial(OUTPUTS)


def _pick(cell: int) -> Pick:
    return Pick(f"cell{cell}/inputs", 2, sources(cell))


def _text(levels: tuple[int, ...]) -> str:
    return "-".join(map(str, levels))


def _on_resnet(pyramid: Pyramid, scale: Scale) -> Network:
    return retinanet(pyramid, scale.channels, scale.layers, scale.classes, scale.pixels)


def _small(pyramid: Pyramid, scale: Scale) -> Network:
    return small_detector(pyramid, scale.channels, scale.layers, scale.classes, scale.pixels)


nas_fpn, nas_fpn_small = space(_on_resnet, PAPER), space(_small, SMALL)
given_levels, small_given_levels = described(_on_resnet, PAPER), described(_small, SMALL)
_PUBLISHED = {
    name: option
    for cell, (read, _, kind, _) in enumerate(NAS_FPN, 1)
    for name, option in ((f"cell{cell}/inputs", "+".join(map(str, read))), (f"cell{cell}/merge", kind))
}
MEMBERS = {"NAS-FPN": with_levels(_PUBLISHED)}
