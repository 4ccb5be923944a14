"""Costs of the layers that supernets and networks are made of, from their descriptions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dartsx.cost.counts import LayerCost
from dartsx.nn.plan import CellPlan
from dartsx.nn.primitives import Primitive, norm_widths
from dartsx.nn.primitives.base import halved


class Map(NamedTuple):
    """Height and width of an activation."""

    height: int
    width: int

    def strided(self, stride: int) -> Map:
        """The map after a layer of this stride."""
        return Map(halved(self.height, stride), halved(self.width, stride))


def read_image_shape(image_shape: int | Sequence[int], divisor: int, what: str) -> tuple[Map, int]:
    """Map and channels of the images.

    Args:
      image_shape: (height, width, channels), or one number for square images of 3 channels.
      divisor: what height and width must be divisible by.
      what: name of the network, for the message.

    Raises:
      ValueError: the shape is none, or the images do not survive the network's reductions.
    """
    shape = (image_shape, image_shape, 3) if isinstance(image_shape, int) else tuple(image_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"image shape {image_shape}: must be a size or (height, width, channels), all positive")
    height, width, channels = shape
    if height % divisor or width % divisor:
        sizes = ", ".join(str(k * divisor) for k in (1, 2, 3))
        raise ValueError(
            f"images of {height}x{width}: {what} halves them until 1/{divisor} is left, so height "
            f"and width must be {sizes}, ..."
        )
    return Map(height, width), channels


def conv(name: str, channels: int, features: int, kernel: int, out: Map) -> LayerCost:
    """Convolution without bias, and its batch norm with scale and bias; `out` is the output map."""
    weights = kernel**2 * channels * features
    return LayerCost(name, weights + 2 * features, weights * out.height * out.width)


def preprocess(cell: int, plan: CellPlan, size: Map, affine: bool) -> list[LayerCost]:
    """Both preprocessing layers of a cell whose input 1 has this size.

    The factorized reduction of input 0 costs what a 1x1 convolution costs: each of its two halves
    makes half of the channels.
    """
    norm = 2 * plan.channels if affine else 0
    rows = []
    for pre, channels in (("pre0", plan.prev_prev), ("pre1", plan.prev)):
        weights = channels * plan.channels
        macs = weights * size.height * size.width
        rows.append(LayerCost(f"cell{cell}/{pre}", weights + norm, macs))
    return rows


def operation(name: str, primitive: Primitive, channels: int, size: Map, stride: int, affine: bool) -> LayerCost:
    """A primitive on one edge whose source has this size.

    With `affine` every batch norm has scale and bias; pools have no batch norm then (networks).
    """
    specs = primitive.weights(channels, stride).values()
    params = sum(math.prod(spec.shape) for spec in specs)
    if affine and not primitive.per_source:
        params += 2 * sum(norm_widths(primitive, channels, stride).values())
    return LayerCost(name, params, primitive.macs(channels, *size, stride))


def classifier(channels: int, classes: int) -> LayerCost:
    """Linear layer with bias on globally averaged features."""
    return LayerCost("classifier", (channels + 1) * classes, channels * classes)
