"""Layers that move values: other sizes, other channels, another order."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

from dartsx.networks.layers.layer import FreeLayer, SameShape, Shape
from dartsx.networks.windows import Pair


@dataclasses.dataclass(frozen=True)
class Input(FreeLayer):
    """The images, or another value that comes from outside."""

    shape: Shape

    def output(self) -> Shape:
        """The given shape."""
        return self.shape


@dataclasses.dataclass(frozen=True)
class Flatten(FreeLayer):
    """A map as a vector, in the order height, width, channels."""

    def output(self, x: Shape) -> Shape:
        """(height * width * channels,)."""
        return (math.prod(x),)


@dataclasses.dataclass(frozen=True)
class Slice(FreeLayer):
    """Channels `start` to `stop` (exclusive)."""

    start: int
    stop: int

    def output(self, x: Shape) -> Shape:
        """(height, width, stop - start)."""
        if not 0 <= self.start < self.stop <= x[2]:
            raise ValueError(f"no channels {self.start} to {self.stop} among {x[2]}")
        return (*x[:2], self.stop - self.start)


@dataclasses.dataclass(frozen=True)
class PadChannels(FreeLayer):
    """Zeros behind the channels, up to `features`."""

    features: int

    def output(self, x: Shape) -> Shape:
        """(height, width, features)."""
        if x[2] > self.features:
            raise ValueError(f"{x[2]} channels cannot be padded to {self.features}")
        return (*x[:2], self.features)


@dataclasses.dataclass(frozen=True)
class Resize(FreeLayer):
    """A map of another height and width, pixel centres aligned as halves (no corner is kept in place).

    Attributes:
      size: height and width of the result.
      kind: ``"nearest"``, ``"bilinear"`` or ``"cubic"`` (a = -1/2), without low-pass filter where the map shrinks.
    """

    size: Pair
    kind: Literal["nearest", "bilinear", "cubic"] = "bilinear"

    def output(self, x: Shape) -> Shape:
        """(height', width', channels)."""
        return (*self.size, x[2])


@dataclasses.dataclass(frozen=True)
class PixelShuffle(FreeLayer):
    """Channels become pixels: a map `factor` times larger with factor^2 times fewer channels (arXiv:1609.05158).

    Pixel (f h + i, f w + j) of channel c is channel f^2 c + f i + j at (h, w).
    """

    factor: int

    def output(self, x: Shape) -> Shape:
        """(factor height, factor width, channels / factor^2)."""
        if x[2] % self.factor**2:
            raise ValueError(f"{x[2]} channels cannot become maps {self.factor} times larger")
        return (self.factor * x[0], self.factor * x[1], x[2] // self.factor**2)


@dataclasses.dataclass(frozen=True)
class Shuffle(SameShape):
    """Channel shuffle: channels as a [groups, C / groups] table, read column by column (arXiv:1707.01083, figure 1)."""

    groups: int

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        if x[2] % self.groups:
            raise ValueError(f"{x[2]} channels cannot be shuffled in {self.groups} groups")
        return x
