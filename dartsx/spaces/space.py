"""What every search space and every architecture promises; methods, supernets and reports rely on nothing else."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from dartsx.networks import Decision, Network
from dartsx.spaces.cell_graph import CellGraph
from dartsx.spaces.scale import Scale


class DrawnCell(Protocol):
    """A cell as pictures and statistics see it.

    Attributes:
      edges: (primitive, source, node).
      concat: nodes whose concatenation is the output.
      num_inputs: nodes 0, 1, ... that are inputs.
    """

    edges: tuple[Any, ...]
    num_inputs: int

    @property
    def concat(self) -> tuple[int, ...]: ...  # noqa: D102


class Architecture(Protocol):
    """A point of a space: `Genotype`, `Topology` or `Choices`. ``str`` gives its readable text.

    Attributes:
      executor: what it is made of, a key of `dartsx.catalog.EXECUTORS`, by which the networks that train it are found.
    """

    executor: ClassVar[str]

    @property
    def choices(self) -> Mapping[str, str]:
        """Decision -> label of the chosen option; decisions that do not count and absent edges are missing."""
        ...

    @property
    def cells(self) -> Mapping[str, DrawnCell]:
        """Cells by type; empty where the space has none."""
        ...

    def document(self) -> dict[str, Any]:
        """Plain lists, strings and integers for ``json.dump``, with the version of their schema."""
        ...


AnyGenotype = Architecture


class Space(Protocol):
    """A set of architectures: `CellSpace`, `RestrictedSpace`, `TopologySpace`, `DescribedSpace`, or a user's own.

    Alphas, and mixtures, are tables by group: a group per cell type, or the one group "decisions" of a described space.

    Attributes:
      decisions: all that is open, by name; none stands before one that its condition names.
      alpha_shapes: [rows, columns] of every table.
      options: group -> labels of the columns of every row; a row may be shorter than the table.
      graph: what is known of cells only, or None.
      scale: size of networks, unless another is given.
      executor: what its architectures are made of, a key of `dartsx.catalog.EXECUTORS`.
    """

    executor: ClassVar[str]

    @property
    def decisions(self) -> Mapping[str, Decision]: ...  # noqa: D102
    @property
    def alpha_shapes(self) -> Mapping[str, tuple[int, int]]: ...  # noqa: D102
    @property
    def options(self) -> Mapping[str, tuple[tuple[str, ...], ...]]: ...  # noqa: D102
    @property
    def graph(self) -> CellGraph | None: ...  # noqa: D102
    @property
    def scale(self) -> Scale: ...  # noqa: D102

    def expand(self, mixture: Mapping[str, Any]) -> Mapping[str, Any]:
        """Mixtures as the supernet takes them, from mixtures of ``alpha_shapes``."""
        ...

    def derive(self, mixture: Mapping[str, ArrayLike]) -> Architecture:
        """The architecture that a search ends with; raises SpaceError for mixtures of another shape."""
        ...

    def encode(self, architecture: Architecture) -> dict[str, np.ndarray]:
        """One-hot mixtures of an architecture, which `derive` reads back; rows that it does not decide are 0."""
        ...

    def count(self) -> int:
        """Number of architectures."""
        ...

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture, drawn uniformly."""
        ...

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """An architecture that differs in one choice, and in those that only count since then."""
        ...

    def neighbours(self, architecture: Architecture, rng: np.random.Generator) -> list[Architecture]:
        """All architectures that differ in one choice; choices that only count since then are drawn."""
        ...

    def validate(self, architecture: Architecture) -> None:
        """Raises GenotypeError, saying why, if the architecture does not belong to the space."""
        ...

    def architecture(self, choices: Mapping[str, str]) -> Architecture:
        """The architecture of these choices; raises GenotypeError for decisions or options that there are not."""
        ...

    def network(self, architecture: Architecture, scale: Scale | None = None) -> Network:
        """The network that is retrained, as a description."""
        ...
