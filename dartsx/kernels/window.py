"""How a kernel moves over a map."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Stride, (before, after) padding and dilation; the first two for height and width."""

    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    dilation: int = 1

    @classmethod
    def even(cls, stride: int, padding: int) -> Window:
        """The same stride for height and width, and the same padding on every side."""
        return cls((stride, stride), ((padding, padding), (padding, padding)))

    @property
    def padded(self) -> bool:
        """Whether anything is added around the map, or cut off."""
        return self.padding != ((0, 0), (0, 0))
