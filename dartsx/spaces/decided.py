"""What follows from decisions alone: counting, drawing, changing, encoding and checking architectures."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision
from dartsx.spaces.assignments import Assignments
from dartsx.spaces.choices import Choices
from dartsx.spaces.errors import GenotypeError, SpaceError, unknown
from dartsx.spaces.space import Architecture

GROUP = "decisions"


class Decided:
    """A space whose architectures are `Choices` of its decisions; a subclass says which, as `decisions`.

    Attributes:
      path: how the path through a trellis is derived, where the networks have one, or None.
      enclosing: the described space whose supernet at one-hot mixtures computes all networks of this one, or None.
      widths: the decisions that numbers of channels depend on, with their options, which are whole numbers.
    """

    decisions: Mapping[str, Decision]

    path: ClassVar[Any] = None
    enclosing: ClassVar[Any] = None
    widths: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    graph: ClassVar[None] = None
    executor: ClassVar[str] = "described"

    @property
    def options(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Labels of every decision, in the order of the rows."""
        return {GROUP: tuple(decision.options for decision in self.decisions.values())}

    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]:
        """[decisions, options of the decision that has most] of the one table."""
        return {GROUP: (len(self.decisions), max(len(decision.options) for decision in self.decisions.values()))}

    def expand(self, mixture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The mixtures themselves."""
        return mixture

    def encode(self, architecture: Architecture) -> dict[str, np.ndarray]:
        """The one-hot mixture, float64; rows of decisions that do not count are 0.

        Raises GenotypeError if the architecture does not belong to the space.
        """
        self.validate(architecture)
        mixture = np.zeros(self.alpha_shapes[GROUP])
        chosen = architecture.choices
        for row, (name, decision) in enumerate(self.decisions.items()):
            if name in chosen:
                mixture[row, decision.options.index(chosen[name])] = 1
        return {GROUP: mixture}

    def count(self) -> int:
        """Number of assignments of the decisions that count."""
        return self._assignments.count()

    def sample(self, rng: np.random.Generator) -> Choices:
        """Draw an architecture uniformly."""
        return Choices(self._assignments.sample(rng))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Choices:
        """Change one decision, drawn uniformly with its new option; decisions that only count since then are drawn.

        Raises GenotypeError if the architecture does not belong to the space, SpaceError if there is no other.
        """
        self.validate(architecture)
        changed = self._assignments.mutate(architecture.choices, rng)
        if changed is None:
            raise SpaceError("the space has one architecture only: nothing to mutate")
        return Choices(changed)

    def neighbours(self, architecture: Architecture, rng: np.random.Generator) -> list[Choices]:
        """Return all architectures with another option of one decision; those that only count since then are drawn.

        Raises GenotypeError if the architecture does not belong to the space.
        """
        self.validate(architecture)
        return [Choices(changed) for changed in self._assignments.neighbours(architecture.choices, rng)]

    def __iter__(self) -> Iterator[Choices]:
        """All architectures, one after the other."""
        return map(Choices, self._assignments)

    def validate(self, architecture: Architecture) -> None:
        """Raise GenotypeError, saying why, if the architecture does not belong to the space."""
        chosen = architecture.choices
        for name in chosen:
            if name not in self.decisions:
                raise GenotypeError(unknown("decision", name, self.decisions))
        for name, decision in self.decisions.items():
            if not decision.active(chosen):
                if name in chosen:
                    needs = " or ".join(f"{other}={option}" for other, option in decision.active_if)
                    raise GenotypeError(f"decision {name} counts only if {needs}; leave it out")
            elif name not in chosen:
                raise GenotypeError(f"decision {name} is missing; allowed: {', '.join(decision.options)}")
            elif chosen[name] not in decision.options:
                raise GenotypeError(f"{name}: {unknown('option', chosen[name], decision.options)}")

    def architecture(self, choices: Mapping[str, str]) -> Choices:
        """The architecture of these choices; raises GenotypeError if they do not belong to the space."""
        made = Choices(choices)
        self.validate(made)
        return made

    def _rows(self, mixture: Mapping[str, ArrayLike]) -> dict[str, list[float]]:
        """Weights of the options of every decision; raises SpaceError for another shape, and what is not finite."""
        weights = np.asarray(mixture.get(GROUP, ()), np.float64)
        if weights.shape != self.alpha_shapes[GROUP]:
            raise SpaceError(f"{GROUP} mixture has shape {weights.shape}; expected {self.alpha_shapes[GROUP]}")
        rows = {}
        for (name, decision), row in zip(self.decisions.items(), weights, strict=True):
            rows[name] = row[: len(decision.options)].tolist()
            if not np.isfinite(rows[name]).all():
                raise SpaceError(f"{GROUP} mixture holds {rows[name]} for {name}")
        return rows

    @cached_property
    def _assignments(self) -> Assignments:
        return Assignments(self.decisions)
