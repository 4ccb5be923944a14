"""Pools: maxima and averages over pixels."""

from __future__ import annotations

import dataclasses
from typing import Literal

from dartsx.networks.layers.layer import FreeLayer, Shape
from dartsx.networks.windows import Padding, Pair, count, pads


@dataclasses.dataclass(frozen=True)
class Pool(FreeLayer):
    """Maximum or average over windows.

    Attributes:
      count_padding: the average divides by the whole window, else by its real pixels.
      ceil: the last window may reach over the end.
    """

    kind: Literal["max", "avg"]
    kernel: Pair
    stride: Pair
    padding: Padding = 0
    count_padding: bool = False
    ceil: bool = False

    def pads(self, size: Pair) -> tuple[Pair, Pair]:
        """Padding of a map of this height and width; windows that reach over the end (`ceil`) not included."""
        return pads(self.padding, self.kernel, self.stride, size)

    def output(self, x: Shape) -> Shape:
        """(height', width', channels)."""
        return (*count(x[:2], self.pads(x[:2]), self.kernel, self.stride, self.ceil), x[2])


@dataclasses.dataclass(frozen=True)
class AdaptivePool(FreeLayer):
    """Average over a grid of `size` x `size` nearly equal parts, whatever the map's size."""

    size: int

    def output(self, x: Shape) -> Shape:
        """(size, size, channels)."""
        return (self.size, self.size, x[2])


@dataclasses.dataclass(frozen=True)
class GlobalPool(FreeLayer):
    """Average over the whole map; a vector, or with `keep` a map of one pixel."""

    keep: bool = False

    def output(self, x: Shape) -> Shape:
        """(channels,) or (1, 1, channels)."""
        return (1, 1, x[2]) if self.keep else (x[2],)


@dataclasses.dataclass(frozen=True)
class GlobalMax(FreeLayer):
    """Maximum over the whole map, as a map of one pixel."""

    def output(self, x: Shape) -> Shape:
        """(1, 1, channels)."""
        return (1, 1, x[2])
