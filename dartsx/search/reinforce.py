"""REINFORCE: alphas learn from the rewards of what is drawn from them, not from derivatives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from dartsx.search.method import Alpha, Mixture
from dartsx.spaces import Space


@dataclasses.dataclass(frozen=True)
class Reinforce:
    """Gradient -(reward - baseline) d log p(drawn) / d alpha; the baseline is a moving mean of all rewards.

    The mean is that of an exponential window, corrected for the rewards that there were not: of two rewards it is
    (momentum first + second) / (momentum + 1). With p = softmax(alpha) of every row, d log p / d alpha is the one-hot
    row minus p (Williams, 1992). Rows that do not count in what is drawn, being inside options that are not chosen,
    have no gradient.

    Attributes:
      space: the space, whose conditions say which rows count.
      momentum: share of the past in the baseline, in [0, 1).
      form: (quality, cost, target) -> reward, where the search is bound to a cost, see `dartsx.cost.forms`.
      cost: mixture -> cost; None where the reward is the quality.
      target: target of the cost, in its units.
      seen: alphas -> those that are drawn from, see `dartsx.search.masked`.
    """

    space: Space
    momentum: float
    form: Callable[[Any, Any, float], Any]
    cost: Callable[[Mixture], Any] | None = None
    target: float = 1.0
    seen: Callable[[Alpha], Alpha] = lambda alpha: alpha

    def init(self) -> dict[str, jax.Array]:
        """Memory before the first reward: the baseline, and the weight of all rewards in it, 1 after many."""
        return {"baseline": jnp.zeros(()), "weight": jnp.zeros(())}

    def update(
        self, memory: Mapping[str, jax.Array], alpha: Alpha, mixture: Mixture, quality: jax.Array
    ) -> tuple[dict[str, jax.Array], Alpha]:
        """Memory and gradient of the alphas.

        Args:
          memory: what `init` or the last call has given.
          alpha: the alphas that were drawn from.
          mixture: what was drawn, one-hot.
          quality: the supernet's under the mixture, larger is better.
        """
        reward = quality if self.cost is None else self.form(quality, self.cost(mixture), self.target)
        past = self.momentum * memory["weight"]
        weight, beyond = past + (1 - self.momentum), reward - memory["baseline"]
        baseline = memory["baseline"] + (1 - self.momentum) / weight * beyond
        memory = {name: x.astype(memory[name].dtype) for name, x in (("baseline", baseline), ("weight", weight))}
        # Of the first reward this is exactly 0: Adam would make a step of the rounding of reward - baseline.
        advantage = past / weight * beyond
        counts, logits = counted(self.space, mixture), self.seen(alpha)
        gradient = {
            name: (-advantage * counts[name][:, None] * (mixture[name] - jax.nn.softmax(rows))).astype(rows.dtype)
            for name, rows in logits.items()
        }
        return jax.lax.stop_gradient((memory, gradient))


def counted(space: Space, mixture: Mixture) -> dict[str, jax.Array]:
    """By group [rows], 1 for decisions that count under a one-hot mixture, else 0."""
    entry: dict[tuple[str, str], jax.Array] = {}
    counts: dict[str, jax.Array] = {}
    by_group: dict[str, jax.Array] = {}
    decisions = iter(space.decisions.items())
    for group, rows in space.options.items():
        names = []
        for row, labels in enumerate(rows):
            name, decision = next(decisions)
            conditions = [counts[other] * entry[other, option] for other, option in decision.active_if]
            counts[name] = jnp.minimum(sum(conditions), 1) if conditions else jnp.ones(())
            entry |= {(name, label): mixture[group][row, column] for column, label in enumerate(labels)}
            names.append(name)
        by_group[group] = jnp.stack([counts[name] for name in names])
    return by_group
