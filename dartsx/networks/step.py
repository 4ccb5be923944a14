"""One primitive layer in its place among the others of a network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

from dartsx.networks.layers import Layer, Shape, Weight
from dartsx.networks.open.layout import Segments
from dartsx.networks.open.place import Place


@dataclasses.dataclass(frozen=True)
class Step:
    """One primitive layer of a traced network.

    Attributes:
      name: unique; the parts of a network, its blocks and their layers are separated by ``/``.
      layer: what is computed.
      inputs: positions in the list of the steps whose results are read.
      input_shapes: shapes of these results.
      shape: shape of the result; in an open network a number of channels may be a `Size`.
      closed_name: its name in a closed network: without the labels of the options that it stands in.
      place: what must have been decided for the step to exist.
      segments: how the result's channels are laid out (`open.layout`).
      tied: name of the earlier step whose arrays it computes with; empty if it has arrays of its own.
    """

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    closed_name: str
    place: Place
    segments: Segments
    tied: str = ""

    @property
    def weights(self) -> dict[str, Weight]:
        """Trainable arrays of its own."""
        return {} if self.tied else self.layer.weights(*self.input_shapes)

    @property
    def params(self) -> int:
        """Number of trainable values."""
        return sum(math.prod(weight.shape) for weight in self.weights.values())

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.layer.macs(*self.input_shapes)


def primitive(steps: Sequence[Step]) -> Iterator[Step]:
    """All steps, those inside of branches included, in order of computation; without the branches' inputs."""
    for step in steps:
        for branch in step.layer.branches:
            yield from primitive(branch[1:])
        yield step
