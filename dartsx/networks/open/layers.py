"""The two layers that only an open network has: a mixture of branches, and a combination of values."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from dartsx.networks.layers import FreeLayer, Shape
from dartsx.networks.open.place import Place

if TYPE_CHECKING:
    from dartsx.networks.step import Step


@dataclasses.dataclass(frozen=True)
class Mixed(FreeLayer):
    """sum over k of m[decision, k] * branch_k(x).

    Attributes:
      decision: the decision whose row of the mixture weighs the branches.
      options: its labels, one per branch.
      branches: steps of every option; the first is an `Input` that stands for x, the last one the result, and positions
        count from the branch's beginning. A branch of the input alone is the identity.
    """

    decision: str
    options: tuple[str, ...]
    branches: tuple[tuple[Step, ...], ...]

    def output(self, x: Shape) -> Shape:
        """The shape that all branches make."""
        shapes = {label: branch[-1].shape for label, branch in zip(self.options, self.branches, strict=True)}
        if len(set(shapes.values())) > 1:
            made = ", ".join(f"{label} makes {shape}" for label, shape in shapes.items())
            raise ValueError(f"options of choice {self.decision} must make one shape: {made}")
        return self.branches[0][-1].shape


@dataclasses.dataclass(frozen=True)
class Weighted(FreeLayer):
    """sum over i of presence(places[i]) * x_i: a weighted sum of values of equal shape.

    Attributes:
      places: whose `presence`, counted from `base`, is the coefficient of each value.
      base: the place in which the layer stands.
      normalised: the coefficients are divided by their sum, so that the result is a mean; where all are 0 it is 0.
    """

    places: tuple[Place, ...]
    base: Place
    normalised: bool = False

    def output(self, *inputs: Shape) -> Shape:
        """The shape that all inputs have."""
        if len(set(inputs)) > 1:
            raise ValueError(f"values that a decision chooses from must have one shape, not {inputs}")
        return inputs[0]
