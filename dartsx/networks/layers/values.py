"""Layers without weights that change values and keep the shape."""

from __future__ import annotations

import dataclasses

from dartsx.networks.errors import check_choice
from dartsx.networks.layers.layer import SameShape

ACTIVATIONS = ("relu", "relu6", "swish", "hard_swish", "sigmoid", "hard_sigmoid")


@dataclasses.dataclass(frozen=True)
class Activation(SameShape):
    """A function of every single value, one of `ACTIVATIONS`."""

    kind: str

    def __post_init__(self):
        check_choice("activation", self.kind, ACTIVATIONS)


@dataclasses.dataclass(frozen=True)
class LocalNorm(SameShape):
    """Local response normalisation over `size` neighbouring channels (AlexNet, section 3.3)."""

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 2.0


@dataclasses.dataclass(frozen=True)
class Dropout(SameShape):
    """Dropout: in training sets values to 0 with probability `rate` and divides the others by 1 - rate."""

    rate: float


@dataclasses.dataclass(frozen=True)
class DropPath(SameShape):
    """Where training asks for drop path, drops whole images of a branch (arXiv:1605.07648); else the identity."""


@dataclasses.dataclass(frozen=True)
class Scaled(SameShape):
    """The input times a constant."""

    factor: float


@dataclasses.dataclass(frozen=True)
class Identity(SameShape):
    """The input as a value of its own, into which a node of a cell can be summed while others read the input."""
