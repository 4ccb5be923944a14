"""Costs of the layers that supernets and networks of cells are made of, from their descriptions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dartsx.cost.graph import Graph, Value
from dartsx.nn.plan import CellPlan
from dartsx.nn.primitives import Primitive, norm_widths
from dartsx.nn.primitives.base import halved


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


def conv(graph: Graph, name: str, x: Value, channels: int, features: int, kernel: int, out: Map) -> Value:
    """Convolution without bias, and its batch norm with scale and bias; `out` is the output map."""
    weights = kernel**2 * channels * features
    counts = (weights + 2 * features, weights * out.pixels, features * out.pixels)
    return graph.layer(name, x, (*out, features), counts)


def preprocess(
    graph: Graph, cell: int, plan: CellPlan, inputs: tuple[Value, Value], size: Map, affine: bool
) -> list[Value]:
    """Both preprocessing layers of a cell whose input 1 has this size.

    The factorized reduction of input 0 costs what a 1x1 convolution costs: each of its two halves
    makes half of the channels.
    """
    norm = 2 * plan.channels if affine else 0
    numbers = plan.channels * size.pixels
    outputs = []
    for i, channels in enumerate((plan.prev_prev, plan.prev)):
        weights = channels * plan.channels
        counts = (weights + norm, weights * size.pixels, numbers)
        outputs.append(graph.layer(f"cell{cell}/pre{i}", inputs[i], (*size, plan.channels), counts))
    return outputs


class OperationCost(NamedTuple):
    """One primitive on one edge.

    Attributes:
      counts: params, macs, activations.
      inner: numbers in the outputs of its convolutions but the last, which form a chain.
      shape: of its output.
    """

    counts: tuple[int, int, int]
    inner: tuple[int, ...]
    shape: tuple[int, int, int]


def operation(primitive: Primitive, channels: int, size: Map, stride: int, affine: bool) -> OperationCost:
    """A primitive on an edge whose source has this size.

    With `affine` every batch norm has scale and bias; pools have no batch norm then (networks). What has no
    convolution writes one output all the same: a pool, and the identity, since nodes are sums of outputs.
    """
    specs = primitive.weights(channels, stride).values()
    params = sum(math.prod(spec.shape) for spec in specs)
    if affine and not primitive.per_source:
        params += 2 * sum(norm_widths(primitive, channels, stride).values())
    outputs = primitive.outputs(channels, *size, stride)
    counts = (params, primitive.macs(channels, *size, stride), sum(outputs))
    return OperationCost(counts, outputs[:-1], (*size.strided(stride), channels))


def classifier(graph: Graph, x: Value, channels: int, classes: int) -> Value:
    """Global average, and linear layer with bias."""
    counts = ((channels + 1) * classes, channels * classes, classes)
    return graph.layer("classifier", x, (classes,), counts, inner=[channels])
