"""A space is a description with open parts: everything else follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network, close, decisions_of, widths_of
from dartsx.networks.difference import difference
from dartsx.networks.open.rules import Viterbi
from dartsx.spaces.choices import Choices
from dartsx.spaces.decided import Decided
from dartsx.spaces.errors import SpaceError
from dartsx.spaces.scale import Scale
from dartsx.spaces.space import Architecture


@dataclass(frozen=True)
class DescribedSpace(Decided):
    """All networks to which an open description closes; its architectures are `Choices`.

    Attributes:
      write: the description, or a function that writes it for a scale. What is open must not depend on the scale.
      scale: scale of networks, unless another is given.

    Raises SpaceError where the description leaves nothing open, or does not close to what it stands for.

    Example: ``DescribedSpace(Network("mine", stem, ((Choice("op", {"k3": a, "k5": b}),),), head, "own", 32))``.
    """

    write: Network | Callable[[Scale], Network]
    scale: Scale = Scale()

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

    @cached_property
    def widths(self) -> dict[str, tuple[str, ...]]:
        """The decisions that numbers of channels depend on, with their options."""
        return widths_of(self.description())

    @property
    def path(self) -> Viterbi | None:
        """How the path through a trellis is derived, where the description has one."""
        return next((rule for rule in self.description().traced().rules if isinstance(rule, Viterbi)), None)

    @property
    def enclosing(self) -> "DescribedSpace":
        """The space whose supernet computes its networks: itself."""
        return self

    @cached_property
    def entries(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Row and column of the table for every (decision, option)."""
        return {
            (name, option): (row, column)
            for row, (name, decision) in enumerate(self.decisions.items())
            for column, option in enumerate(decision.options)
        }

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

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Choices:
        """What the rules of the open parts make of a mixture; columns behind a row's last option are not read.

        Args:
          mixture: weights [decisions, options] under "decisions", not negative.

        Raises SpaceError for another shape, and weights that are not finite.
        """
        rows = self._rows(mixture)
        chosen: dict[str, str] = {}
        for rule in self.description().traced().rules:
            chosen |= rule.choose(rows)
        return Choices(self._assignments.active(chosen))
