"""Anchors: the boxes from which a detector starts, and their order among its rows (RetinaNet, arXiv:1708.02002)."""

from __future__ import annotations

import dataclasses
import math

COORDINATES = 4  # of a box: top, left, bottom, right; of an offset: row, column, height, width
LEVELS = 5  # maps of a detector, each half as high and wide as the one before


@dataclasses.dataclass(frozen=True)
class Anchors:
    """The anchors of one pixel of a map, whose centre is theirs (section 4, "Anchors").

    Attributes:
      scale: height and width of the first square one, over the stride of the map.
      octaves: so many sizes between one level and the next.
      ratios: widths over heights.
    """

    scale: float = 4.0
    octaves: int = 3
    ratios: tuple[float, ...] = (1.0, 2.0, 0.5)

    @property
    def count(self) -> int:
        """How many there are."""
        return self.octaves * len(self.ratios)

    def sizes(self, stride: int) -> tuple[tuple[float, float], ...]:
        """(height, width) of each in pixels of the image; those of one octave have one area."""
        areas = [(self.scale * stride * 2 ** (octave / self.octaves)) ** 2 for octave in range(self.octaves)]
        return tuple((math.sqrt(area / ratio), math.sqrt(area * ratio)) for area in areas for ratio in self.ratios)


RETINANET = Anchors()


def map_sizes(height: int, width: int, finest: int) -> tuple[tuple[int, int, int], ...]:
    """(height, width, stride) of the maps of all levels, of which the first has the stride `finest`."""
    strides = tuple(finest * 2**level for level in range(LEVELS))
    return tuple((-(-height // stride), -(-width // stride), stride) for stride in strides)


def finest_stride(rows: int, height: int, width: int, count: int) -> int:
    """Stride of the finest map of a detector that says so many rows of an image.

    Raises:
      ValueError: no power of two gives so many; names those that are possible.
    """
    found = {}
    for stride in (2**i for i in range(6)):
        found[sum(h * w * count for h, w, _ in map_sizes(height, width, stride))] = stride
    if rows not in found:
        raise ValueError(
            f"a detector of {count} anchors a pixel has {', '.join(map(str, found))} rows for an image of "
            f"{height}x{width}, not {rows}"
        )
    return found[rows]
