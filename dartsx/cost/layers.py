"""Costs of the layers that supernets and networks of cells are made of, from their descriptions."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from dartsx.cost.described import steps_peak
from dartsx.cost.graph import Peak
from dartsx.kernels.channel_major.primitives import Primitive, norm_widths
from dartsx.kernels.channel_major.primitives.base import halved
from dartsx.kernels.channel_major.primitives.described import Described


class Map(NamedTuple):
    """Height and width of an activation."""

    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Height times width."""
        return self.height * self.width

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


class Counts(NamedTuple):
    """Parameters, multiply-adds and activations of a layer."""

    params: int
    macs: int
    activations: int


def conv(channels: int, features: int, kernel: int, out: Map) -> Counts:
    """Convolution without bias, and its batch norm with scale and bias; `out` is the output map."""
    weights = kernel**2 * channels * features
    return Counts(weights + 2 * features, weights * out.pixels, features * out.pixels)


def preprocess(channels: int, features: int, out: Map, affine: bool) -> Counts:
    """Preprocessing of a cell's input, which brings it to `features` channels on the map `out`.

    The factorized reduction of input 0 costs what a 1x1 convolution costs: each of its two halves
    makes half of the channels.
    """
    weights = channels * features
    norm = 2 * features if affine else 0
    return Counts(weights + norm, weights * out.pixels, features * out.pixels)


class OperationCost(NamedTuple):
    """One primitive on one edge.

    Attributes:
      shape: of its output.
      peak: of the numbers alive inside.
    """

    counts: Counts
    shape: tuple[int, int, int]
    peak: Peak


def operation(primitive: Primitive, channels: int, size: Map, stride: int, affine: bool) -> OperationCost:
    """A primitive on an edge whose source has this size.

    With `affine` every batch norm has scale and bias; pools have no batch norm then (networks). What has no
    convolution writes one output all the same: a pool, and the identity, since nodes are sums of outputs. A candidate
    is a chain of its convolutions, or what its block writes down.
    """
    specs = primitive.weights(channels, stride).values()
    params = sum(math.prod(spec.shape) for spec in specs)
    if affine and not primitive.per_source:
        params += 2 * sum(norm_widths(primitive, channels, stride).values())
    outputs = primitive.outputs(channels, *size, stride)
    counts = Counts(params, primitive.macs(channels, *size, stride), sum(outputs))
    return OperationCost(counts, (*size.strided(stride), channels), _peak(primitive, channels, size, stride))


@functools.lru_cache(maxsize=4096)
def _peak(primitive: Primitive, channels: int, size: Map, stride: int) -> Peak:
    if isinstance(primitive, Described):
        return steps_peak(primitive.steps(channels, *size, stride))
    inner, read = primitive.outputs(channels, *size, stride)[:-1], channels * size.pixels
    outputs = (*inner, channels * size.strided(stride).pixels)
    pairs = [a + b for a, b in itertools.pairwise((0, *outputs))]
    return Peak(max(read + outputs[0], *pairs), read + max(pairs))


def classifier(channels: int, classes: int) -> Counts:
    """Linear layer with bias, on globally averaged features."""
    return Counts((channels + 1) * classes, channels * classes, classes)
