"""Zero-cost proxies as an objective: the supernet with initial weights stands for all architectures.

At a one-hot mixture the supernet computes the architecture; weights of other options have no gradient and, as far as
they flow, no part in the scores. So one program scores a whole space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import optax

from dartsx.objectives.objective import Measure, Scores
from dartsx.objectives.zero_cost import gradient_norm, grasp, jacobian_covariance, snip, synflow
from dartsx.runtime import jit
from dartsx.spaces import Architecture, Space

PROXIES = ("gradient_norm", "snip", "grasp", "synflow", "jacobian_covariance")


@dataclass(frozen=True, eq=False)
class Untrained:
    """An objective that trains nothing and has no budget.

    Attributes:
      space: what is scored.
      proxies_of: one-hot mixtures by group -> proxies by name.
    """

    space: Space
    proxies_of: Callable[[Mapping[str, jax.Array]], Mapping[str, jax.Array]]

    measures: ClassVar[dict[str, Measure]] = {name: Measure(name, "", larger_is_better=True) for name in PROXIES}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """All proxies of every architecture, one after the other.

        Raises ValueError for a budget.
        """
        if budget is not None:
            raise ValueError(f"proxies have no budget; given {budget}")
        found = []
        for architecture in architectures:
            mixture = {name: jnp.asarray(rows, jnp.float32) for name, rows in self.space.encode(architecture).items()}
            found.append({name: float(value) for name, value in self.proxies_of(mixture).items()})
        return found


def untrained(
    supernet: Any, variables: Mapping[str, Any], inputs: jax.Array, labels: jax.Array, names: Sequence[str] = PROXIES
) -> Untrained:
    """The objective of a supernet of `dartsx.nn.supernet_of`.

    Args:
      supernet: lazy ones compute the chosen options only.
      variables: as they come from ``init``: the running statistics, mean 0 and variance 1, stand for no normalisation.
      inputs: a batch [batch, H, W, channels].
      labels: int [batch].
      names: names of the proxies wanted; the others are left out.
    """
    statistics = variables["batch_stats"]

    def proxies(params: Any, mixture: Mapping[str, jax.Array], inputs: jax.Array, labels: jax.Array):
        def outputs(params: Any, inputs: jax.Array, train: bool = True) -> jax.Array:
            return supernet.apply({"params": params, "batch_stats": statistics}, inputs, mixture, train)

        def loss(params: Any) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(outputs(params, inputs), labels).mean()

        known = {
            "gradient_norm": lambda: gradient_norm(loss, params),
            "snip": lambda: snip(loss, params),
            "grasp": lambda: grasp(loss, params),
            "synflow": lambda: synflow(lambda p, x: outputs(p, x, False), params, inputs[:1]),
            "jacobian_covariance": lambda: jacobian_covariance(outputs, params, inputs),
        }
        return {name: known[name]() for name in names}

    compiled = jit(proxies)
    return Untrained(supernet.space, lambda mixture: compiled(variables["params"], mixture, inputs, labels))
