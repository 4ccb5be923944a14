"""Layers that make one value of several."""

from __future__ import annotations

import dataclasses

from dartsx.networks.layers.layer import FreeLayer, Shape


@dataclasses.dataclass(frozen=True)
class Add(FreeLayer):
    """Sum of values of equal shape."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape that all inputs have."""
        if len(set(inputs)) != 1:
            raise ValueError(f"cannot add shapes {', '.join(map(str, inputs))}")
        return inputs[0]


@dataclasses.dataclass(frozen=True)
class Multiply(FreeLayer):
    """A map times a map of one pixel with as many channels: a gate."""

    def output(self, x: Shape, gate: Shape) -> Shape:
        """The shape of the map."""
        if gate != (1, 1, x[2]):
            raise ValueError(f"a gate for shape {x} must have shape {(1, 1, x[2])}, not {gate}")
        return x


@dataclasses.dataclass(frozen=True)
class Concat(FreeLayer):
    """Concatenation of channels."""

    def output(self, *inputs: Shape) -> Shape:
        """(height, width, sum of channels)."""
        if len({x[:2] for x in inputs}) != 1:
            raise ValueError(f"cannot concatenate shapes {', '.join(map(str, inputs))}")
        return (*inputs[0][:2], sum(x[2] for x in inputs))
