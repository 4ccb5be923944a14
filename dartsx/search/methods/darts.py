"""DARTS (arXiv:1806.09055): softmax over the candidates of every edge, the strongest survive.

Mixture: softmax(alpha) per edge. Hypergradient: any; ``first_order`` and ``finite_difference`` are the paper's.
Derivation: per node the two edges with the largest weight on a candidate other than none.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.catalog import INIT_SCALE
from dartsx.search import relax
from dartsx.search.hypergradients import hypergradient_by_name
from dartsx.search.method import Alpha, Method
from dartsx.spaces import softmax as host_softmax


def init(key: jax.Array, shapes: Mapping[str, tuple[int, ...]], scale: float = INIT_SCALE) -> Alpha:
    """Normal alphas of standard deviation `scale`, float32."""
    keys = jax.random.split(key, len(shapes))
    return {
        name: scale * jax.random.normal(k, shape, jnp.float32)
        for k, (name, shape) in zip(keys, sorted(shapes.items()), strict=True)
    }


def strength(alpha: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Softmax mixtures, computed in float64 on the host."""
    return {name: host_softmax(logits) for name, logits in alpha.items()}


def darts(hypergradient: str = "first_order", init_scale: float = INIT_SCALE, terms: int | None = None) -> Method:
    """The method with one of the hypergradients, see `hypergradients.hypergradient_by_name`.

    Raises:
      ValueError: the hypergradient is unknown, or `terms` does not fit it.
    """
    return Method(
        name=f"darts {hypergradient}",
        init=lambda key, shapes: init(key, shapes, init_scale),
        mixture=lambda alpha, key, progress: relax.softmax(alpha),
        hypergradient=hypergradient_by_name(hypergradient, terms),
        strength=strength,
    )
