"""A space is a description with open parts: everything else follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network, close, decisions_of
from dartsx.networks.difference import difference
from dartsx.spaces.assignments import Assignments
from dartsx.spaces.choices import Choices
from dartsx.spaces.errors import GenotypeError, SpaceError, unknown
from dartsx.spaces.scale import Scale
from dartsx.spaces.space import Architecture

GROUP = "decisions"


@dataclass(frozen=True)
class DescribedSpace:
    """All networks to which an open description closes; its architectures are `Choices`.

    Attributes:
      write: the description, or a function that writes it for a scale. What is open must not depend on the scale.
      scale: of networks, unless another is given.

    Raises SpaceError where the description leaves nothing open, or does not close to what it stands for.

    Example: ``DescribedSpace(Network("mine", stem, ((Choice("op", {"k3": a, "k5": b}),),), head, "own", 32))``.
    """

    write: Network | Callable[[Scale], Network]
    scale: Scale = Scale()

    graph: ClassVar[None] = None
    executor: ClassVar[str] = "described"

    def __post_init__(self):
        network = self.description()
        if not self.decisions:
            raise SpaceError(f"the description {network.name} leaves nothing open")
        for end in (0, -1):
            chosen = self._assignments.active({n: d.options[end] for n, d in self.decisions.items()})
            if differing := difference(network, chosen):
                raise SpaceError(f"{network.name} with {Choices(chosen)}: {differing}")

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """Everything that the description leaves open."""
        return decisions_of(self.description())

    @property
    def options(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Labels of every decision, in the order of the rows."""
        return {GROUP: tuple(decision.options for decision in self.decisions.values())}

    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]:
        """[decisions, options of the decision that has most] of the one table."""
        return {GROUP: (len(self.decisions), max(len(decision.options) for decision in self.decisions.values()))}

    def description(self, scale: Scale | None = None) -> Network:
        """The open network.

        Raises SpaceError where the description does not suit the scale.
        """
        scale = scale or self.scale
        network = self.write(scale) if callable(self.write) else self.write
        if network.classes != scale.classes:
            raise SpaceError(f"{network.name} has {network.classes} classes, {scale.classes} are asked for")
        if scale != self.scale and decisions_of(network) != self.decisions:
            raise SpaceError(f"what {network.name} leaves open depends on the scale: {scale}")
        return network

    def network(self, architecture: Architecture, scale: Scale | None = None) -> Network:
        """The network that is retrained.

        Raises GenotypeError if the architecture does not belong to the space.
        """
        self.validate(architecture)
        return close(self.description(scale), architecture.choices)

    def expand(self, mixture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The mixtures themselves."""
        return mixture

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Choices:
        """What the rules of the open parts make of a mixture; columns behind a row's last option are not read.

        Args:
          mixture: weights [decisions, options] under "decisions", not negative.

        Raises SpaceError for another shape, and weights that are not finite.
        """
        weights = np.asarray(mixture.get(GROUP, ()), np.float64)
        if weights.shape != self.alpha_shapes[GROUP]:
            raise SpaceError(f"{GROUP} mixture has shape {weights.shape}; expected {self.alpha_shapes[GROUP]}")
        rows = {}
        for (name, decision), row in zip(self.decisions.items(), weights, strict=True):
            rows[name] = row[: len(decision.options)].tolist()
            if not np.isfinite(rows[name]).all():
                raise SpaceError(f"{GROUP} mixture holds {rows[name]} for {name}")
        chosen: dict[str, str] = {}
        for rule in self.description().traced().rules:
            chosen |= rule.choose(rows)
        return Choices(self._assignments.active(chosen))

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

    @cached_property
    def _assignments(self) -> Assignments:
        return Assignments(self.decisions)
