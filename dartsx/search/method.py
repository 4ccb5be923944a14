"""A search method: a frozen record of small functions. Methods are composed, never subclassed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import jax
import numpy as np

from dartsx.search.hypergradient import Hypergradient
from dartsx.spaces import AnyGenotype, Space

Alpha = dict[str, jax.Array]  # per cell type [edges, primitives]


@dataclasses.dataclass(frozen=True)
class Method:
    """How alphas become a mixture, a gradient and a genotype.

    Attributes:
      name: as in configs and reports.
      init: (key, shapes per cell type) -> alphas.
      mixture: (alphas, key, progress in [0, 1)) -> mixture of every edge; differentiable in the alphas.
      hypergradient: how d L_valid / d alpha is taken.
      penalty: (alphas, progress) -> scalar added to the validation loss, or None.
      derive: (space, alphas on the host) -> genotype.
    """

    name: str
    init: Callable[[jax.Array, Mapping[str, tuple[int, ...]]], Alpha]
    mixture: Callable[[Alpha, jax.Array, jax.Array], Mapping[str, jax.Array]]
    hypergradient: Hypergradient
    derive: Callable[[Space, Mapping[str, np.ndarray]], AnyGenotype]
    penalty: Callable[[Alpha, jax.Array], jax.Array] | None = None
