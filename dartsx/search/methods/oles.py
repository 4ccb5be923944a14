"""OLES: operations whose weights overfit stop training, the others go on.

Jiang, Ji, Zhu, Yuan, Huang: Operation-level early stopping for robustifying differentiable NAS, NeurIPS 2023
(openreview.net/forum?id=yAOwkf4FyL).

For the weights of every operation (a candidate on an edge of a cell) the cosine of their gradients on the training
and on the validation batch is averaged over 20 steps; where the mean is below 0.4 these weights are frozen for good.
All else is DARTS. The gradients are those of the whole operation, at the weights before the step, as in the paper;
the released code compares the architecture step's with those of the training step before it, kernel by kernel.

Operations without weights, and weights outside of the candidates, never freeze. Frozen weights get no update at all,
no weight decay either. The validation gradient of the weights costs a second backward pass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from dartsx.search.method import Method, Task
from dartsx.spaces.cell_graph import needed


def oles(base: Method, task: Task, threshold: float, steps: int) -> Method:
    """`base` with early stopping of operations; see the module's docstring.

    Raises:
      ValueError: the space is none of cells, by whose edges the weights are told apart.
    """
    graph = needed(task.space.graph, "oles")
    return dataclasses.replace(base, freeze=Overfitting(graph.primitives, threshold, steps))


@dataclasses.dataclass(frozen=True)
class Overfitting:
    """Freezes operations whose mean cosine over `steps` steps is below `threshold`.

    Weights are those of a supernet: below every cell one group per primitive, whose arrays have the edges as their
    first axis.
    """

    primitives: tuple[str, ...]
    threshold: float
    steps: int

    def init(self, weights: Any) -> dict[str, Any]:
        """Steps counted, sums of cosines and frozen flags [edges] for every operation."""
        sums = self._operations(lambda *groups: jnp.zeros(_edges(groups[0])), weights)
        return {
            "count": jnp.zeros((), jnp.int32),
            "cosines": sums,
            "frozen": jax.tree.map(lambda s: jnp.zeros(s.shape, bool), sums),
        }

    def update(self, memory: dict[str, Any], train: Any, valid: Any) -> dict[str, Any]:
        """Adds the cosines of one step; judges every `steps` steps."""
        cosines = self._operations(_cosine, train, valid)
        sums = jax.tree.map(jnp.add, memory["cosines"], cosines)
        count = memory["count"] + 1
        due = count >= self.steps

        def judge(frozen, total):
            return frozen | (due & (total / self.steps < self.threshold))

        return {
            "count": jnp.where(due, 0, count),
            "cosines": jax.tree.map(lambda s: jnp.where(due, 0, s), sums),
            "frozen": jax.tree.map(judge, memory["frozen"], sums),
        }

    def moving(self, memory: dict[str, Any], updates: Any) -> Any:
        """Zeros in place of the updates of frozen operations."""
        return _masked(updates, memory["frozen"])

    def _operations(self, function: Callable[..., jax.Array], *trees: Any) -> dict[str, Any]:
        """`function` of every operation's groups in `trees`, in the same nesting; all else is left out."""
        found = {}
        for name, group in trees[0].items():
            others = [tree[name] for tree in trees]
            if name in self.primitives:
                found[name] = function(*others)
            elif isinstance(group, Mapping) and (inner := self._operations(function, *others)):
                found[name] = inner
        return found


def _edges(group: Any) -> int:
    return jax.tree.leaves(group)[0].shape[0]


def _cosine(train: Any, valid: Any) -> jax.Array:
    """Cosine over all weights of an operation, [edges]."""

    def dot(a, b):
        pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
        return sum((x * y).reshape(len(x), -1).sum(1) for x, y in pairs)

    return dot(train, valid) / jnp.sqrt(jnp.maximum(dot(train, train) * dot(valid, valid), 1e-24))


def _masked(updates: Any, frozen: Any) -> Any:
    if not isinstance(frozen, Mapping):
        return jax.tree.map(
            lambda u: jnp.where(frozen.reshape(-1, *(1,) * (u.ndim - 1)), 0, u).astype(u.dtype), updates
        )
    return {name: _masked(u, frozen[name]) if name in frozen else u for name, u in updates.items()}
