"""What every layer promises, and what most of them share."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Protocol

Shape = tuple[int, ...]


class Weight(NamedTuple):
    """Shape of a trainable array, and the fan-in that scales its initial values (0: a constant at first)."""

    shape: Shape
    fan_in: int


class Value(NamedTuple):
    """Result of a layer, while a network is written down: its position among the steps, and its shape."""

    position: int
    shape: Shape

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.shape[-1]


class Writer(Protocol):
    """What writes layers down: `dartsx.networks.Trace`."""

    def add(self, layer: Layer, *inputs: Value) -> Value:
        """Writes down a layer that reads these values."""
        ...


class Layer(Protocol):
    """What all layers promise."""

    def output(self, *inputs: Shape) -> Shape:
        """Shape of the result; raises ValueError where the inputs do not allow one."""
        ...

    def weights(self, *inputs: Shape) -> dict[str, Weight]:
        """Trainable arrays by name."""
        ...

    def macs(self, *inputs: Shape) -> int:
        """Multiply-adds for one image: those of convolutions and linear layers, 0 of all others."""
        ...

    def build(self, trace: Writer, x: Value) -> Value:
        """Writes the layer down where a block could stand."""
        ...


class SingleLayer:
    """A layer is a block of one layer.

    Attributes:
      branches: lists of steps inside the layer; only `open.layers.Mixed` has some.
    """

    branches: ClassVar[tuple] = ()

    def build(self, trace: Writer, x: Value) -> Value:
        """Appends the layer."""
        return trace.add(self, x)


class FreeLayer(SingleLayer):
    """A layer without weights or counted arithmetic."""

    def weights(self, *inputs: Shape) -> dict[str, Weight]:
        """No weights."""
        return {}

    def macs(self, *inputs: Shape) -> int:
        """0."""
        return 0


class SameShape(FreeLayer):
    """A free layer that keeps the shape of its (first) input."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape of the first input."""
        return inputs[0]
