"""TuNAS (arXiv:2008.06120): REINFORCE on shared weights, with a reward that is largest at the target of a cost.

Mixture: one candidate per edge, drawn by softmax(alpha). After a path was drawn its reward on the validation batch is
the accuracy Q, or where the search is bound to a cost (``search.cost``) Q + beta |cost / target - 1|, beta < 0
(section 4, "absolute reward"); alphas follow `dartsx.search.reinforce`. Prediction and derivation: the most likely
candidates. ``search.cost.form`` and ``.weight`` are those of losses and play no part.

Warm-up of operations and filters: for the first quarter of the search weights are trained under paths of which every
decision, with a chance that falls linearly from 1 to 0, takes all its options at equal weights, or its widest width.
Alphas rest for that quarter (``search.alphas.warmup_epochs``); from then on their learning rate grows exponentially to
ten times its value.

As in the released code the baseline is an exponential mean of momentum 0.95, corrected for its start, beta is -0.1,
and decisions inside options that are not drawn do not learn. Unlike there reward and weights come from paths that are
drawn apart, so that no reward belongs to a decision that was warmed up; the reward is taken before the weight step and
by the statistics of its batch, which is as large as that of the weights (there four times).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.cost.forms import tunas_absolute
from dartsx.runtime import stream
from dartsx.search import relax
from dartsx.search.method import Alpha, Method, Mixture, Task
from dartsx.search.reinforce import Reinforce
from dartsx.spaces import Space


def tunas(base: Method, task: Task, baseline: float, factor: float, growth: float, warmup: float) -> Method:
    """`base` with rewards of drawn paths; see the module's docstring."""
    form = functools.partial(tunas_absolute, exponent=factor)
    sizes = sizes_of(task.space)

    def mixture(alpha, key, progress):
        return relax.one_path(alpha, key)

    def paths(alpha, key, progress):
        chance = jnp.maximum(1 - progress / warmup, 0)
        rows = warmed(relax.one_path(alpha, key), alpha, key, chance, sizes)
        return {name: row[None] for name, row in rows.items()}

    return dataclasses.replace(
        base,
        mixture=mixture,
        paths=paths if warmup else None,
        expected=lambda alpha, progress: relax.strongest(alpha),
        learning=Reinforce(task.space, baseline, form),
        growth=growth,
        lazy=True,
    )


def sizes_of(space: Space) -> dict[str, np.ndarray]:
    """By group the number of channels of every option of widths, 0 for all options of other decisions."""
    widths = space.widths if space.executor == "described" else {}
    sizes, decisions = {}, iter(space.decisions)
    for group, shape in space.alpha_shapes.items():
        sizes[group] = np.zeros(shape)
        for row, labels in enumerate(space.options[group]):
            if next(decisions) in widths:
                sizes[group][row, : len(labels)] = [int(label) for label in labels]
    return sizes


def warmed(
    rows: Mixture, alpha: Alpha, key: jax.Array, chance: jax.Array | float, sizes: Mapping[str, np.ndarray]
) -> dict[str, jax.Array]:
    """The mixture in which every row is replaced, with this chance, by all its options or by its widest one.

    Args:
      rows: one-hot mixtures by group.
      alpha: their logits; those of minus infinity are no options.
      key: decides which rows are replaced.
      chance: in [0, 1].
      sizes: see `sizes_of`.
    """
    result = {}
    for name, row in rows.items():
        kept = jnp.isfinite(alpha[name])
        size = jnp.where(kept, sizes[name], -1)
        largest = jax.nn.one_hot(size.argmax(-1), size.shape[-1], dtype=row.dtype)
        everything = jnp.where(size.max(-1, keepdims=True) > 0, largest, kept / kept.sum(-1, keepdims=True))
        replaced = jax.random.uniform(stream(stream(key, name), "warmup"), row.shape[:-1]) < chance
        result[name] = jnp.where(replaced[..., None], everything, row).astype(row.dtype)
    return result
