"""A space whose decisions are listed, and whose networks a function writes: for what cannot be computed at once.

Its networks share no supernet to be searched by gradients (maps or inputs of a concatenation may differ, or options be
excluded), so that it is searched by strategies that train or look up one network after the other. A part of a described
space has that space's supernet, which trains its networks one by one in one program (`enclosing`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network, close
from dartsx.spaces.choices import Choices
from dartsx.spaces.decided import Decided
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.errors import GenotypeError, SpaceError
from dartsx.spaces.scale import Scale
from dartsx.spaces.space import Architecture

_TRIES, _TRIES_EACH = 10_000, 200  # in all, and with so many changes at once
Assignment = Mapping[str, str]


@dataclass(frozen=True)
class Restriction:
    """Which assignments of the decisions are architectures.

    Attributes:
      broken: why an assignment is none; empty if it is one.
      count: number of architectures; None: all assignments are gone through.
      draw: draws an architecture uniformly; None: assignments are drawn until one is an architecture.
    """

    broken: Callable[[Assignment], str]
    count: Callable[[], int] | None = None
    draw: Callable[[np.random.Generator], Assignment] | None = None


@dataclass(frozen=True)
class WrittenSpace(Decided):
    """All networks that a function writes of decisions.

    Attributes:
      decisions: name -> decision; none stands before one that its condition names.
      write: (decision -> option, scale) -> network.
      scale: scale of networks, unless another is given.
      restriction: restriction of the assignments; None for none.
      enclosing: the space whose supernet at one-hot mixtures computes all its networks (`restricted`); None for none.

    Example: ``WrittenSpace({"depth": Decision(("18", "34"))}, lambda choices, scale: resnet(int(choices["depth"])))``.
    """

    decisions: Mapping[str, Decision]
    write: Callable[[Assignment, Scale], Network]
    scale: Scale = Scale()
    restriction: Restriction | None = None
    enclosing: DescribedSpace | None = None

    def description(self, scale: Scale | None = None) -> NoReturn:
        """Raises SpaceError: there is no open network."""
        raise SpaceError("the networks of this space share no supernet: search it by a strategy")

    def network(self, architecture: Architecture, scale: Scale | None = None) -> Network:
        """The network that is retrained.

        Raises GenotypeError if the architecture does not belong to the space.
        """
        self.validate(architecture)
        return self.write(architecture.choices, scale or self.scale)

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Choices:
        """The option of the largest weight of every decision; ties go to the first.

        Raises SpaceError for another shape, weights that are not finite, and what is no architecture.
        """
        best = {name: int(np.argmax(row)) for name, row in self._rows(mixture).items()}
        options = {name: self.decisions[name].options[i] for name, i in best.items()}
        chosen = self._assignments.active(options)
        if reason := self._broken(chosen):
            raise SpaceError(f"the largest weights are no architecture: {reason}")
        return Choices(chosen)

    def validate(self, architecture: Architecture) -> None:
        """Raise GenotypeError, saying why, if the architecture does not belong to the space."""
        super().validate(architecture)
        if reason := self._broken(architecture.choices):
            raise GenotypeError(reason)

    def count(self) -> int:
        """Number of architectures."""
        if self.restriction is None:
            return super().count()
        if self.restriction.count is not None:
            return self.restriction.count()
        return sum(not self._broken(chosen) for chosen in self._assignments)

    def sample(self, rng: np.random.Generator) -> Choices:
        """Draw an architecture uniformly; raises SpaceError where hardly any assignment is one."""
        if self.restriction is not None and self.restriction.draw is not None:
            return Choices(self.restriction.draw(rng))
        for _ in range(_TRIES):
            chosen = self._assignments.sample(rng)
            if not self._broken(chosen):
                return Choices(chosen)
        raise SpaceError(f"{_TRIES} assignments were drawn; none is an architecture: {self._broken(chosen)}")

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Choices:
        """As `Decided.mutate`, among the changes that lead to architectures; where one is not enough several at once.

        Raises GenotypeError if the architecture does not belong to the space, SpaceError if no other was found.
        """
        if self.restriction is None:
            return super().mutate(architecture, rng)
        self.validate(architecture)
        for tried in range(_TRIES):
            changed = architecture.choices
            for _ in range(1 + tried // _TRIES_EACH):
                changed = self._assignments.mutate(changed, rng) or changed
            if changed != architecture.choices and not self._broken(changed):
                return Choices(changed)
        raise SpaceError(f"no other architecture was found near {architecture}")

    def neighbours(self, architecture: Architecture, rng: np.random.Generator) -> list[Choices]:
        """As `Decided.neighbours`, without what is no architecture."""
        return [found for found in super().neighbours(architecture, rng) if not self._broken(found.choices)]

    def __iter__(self) -> Iterator[Choices]:
        """All architectures, one after the other."""
        return (Choices(chosen) for chosen in self._assignments if not self._broken(chosen))

    def _broken(self, chosen: Assignment) -> str:
        return "" if self.restriction is None else self.restriction.broken(chosen)


def restricted(space: DescribedSpace, restriction: Restriction) -> WrittenSpace:
    """The architectures of a described space that keep to a restriction."""

    def write(choices: Assignment, scale: Scale) -> Network:
        return close(space.description(scale), choices)

    return WrittenSpace(space.decisions, write, space.scale, restriction, space)
