"""What every search space promises; methods, supernets and reports rely on nothing else."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from dartsx.spaces.genotype import Genotype
from dartsx.spaces.topology import Topology

AnyGenotype = Genotype | Topology


class Space(Protocol):
    """A set of cells: `CellSpace`, `RestrictedSpace`, `TopologySpace`, or one of a user's own.

    Attributes:
      primitives: names of all candidates, the columns of expanded mixtures.
      edges: (source, node) of the rows of a mixture, by node, inside a node by source.
      concat: nodes whose concatenation is a cell's output.
      alpha_shapes: [edges, columns] of the alphas by cell type.
    """

    @property
    def primitives(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def edges(self) -> tuple[tuple[int, int], ...]: ...  # noqa: D102
    @property
    def concat(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def alpha_shapes(self) -> dict[str, tuple[int, int]]: ...  # noqa: D102

    def expand(self, mixture: Mapping[str, Any]) -> Mapping[str, Any]:
        """Mixtures [edges, primitives] from mixtures of ``alpha_shapes``."""
        ...

    def derive(self, mixture: Mapping[str, ArrayLike]) -> AnyGenotype:
        """The genotype that a search ends with."""
        ...

    def encode(self, genotype: AnyGenotype) -> dict[str, np.ndarray]:
        """One-hot mixtures of a genotype."""
        ...

    def count(self) -> int:
        """Number of genotypes."""
        ...

    def sample(self, rng: np.random.Generator) -> AnyGenotype:
        """A genotype, drawn uniformly."""
        ...

    def mutate(self, genotype: AnyGenotype, rng: np.random.Generator) -> AnyGenotype:
        """A genotype that differs in one choice."""
        ...

    def validate(self, genotype: AnyGenotype) -> None:
        """Raises GenotypeError if the genotype does not belong to the space."""
        ...
