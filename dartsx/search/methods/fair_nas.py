"""FairNAS (arXiv:1907.01845): weights are trained under uniformly drawn paths, architectures compared afterwards.

With strict fairness (section 3.3) a step draws as many paths as a decision has options, such that every option of every
decision is on exactly one of them, and adds their gradients up; decisions with fewer options than others repeat some.
Without it a step draws one path uniformly, as single-path one-shot search does (SPOS, arXiv:1904.00420, equation 5).
Alphas are not trained.

Selection: of so many architectures that are drawn afterwards the one that the shared weights find best on the
validation examples, by the statistics of each batch (see `predict`). The papers search by NSGA-II and by evolution; so
does a strategy of `dartsx.strategies` that is told what `dartsx.objectives.shared_weights` says.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.runtime import stream
from dartsx.search.choice import decided
from dartsx.search.method import Method, Task, TrainedSupernet
from dartsx.search.methods.random_sharing import none
from dartsx.spaces import AnyGenotype, Space


def fair_nas(base: Method, task: Task, strict: bool, candidates: int) -> Method:
    """`base` with uniform paths; see the module's docstring."""
    lengths = {group: [len(names) for names in rows] for group, rows in task.space.options.items()}
    count = max(map(max, lengths.values())) if strict else 1

    def paths(alpha, key, progress):
        return {name: fair_rows(lengths[name], alpha[name].shape[1], count, stream(key, name)) for name in lengths}

    return dataclasses.replace(
        base,
        init=lambda key, shapes: {name: jnp.zeros(shape) for name, shape in shapes.items()},
        mixture=lambda alpha, key, progress: {name: rows[0] for name, rows in paths(alpha, key, progress).items()},
        paths=paths,
        hypergradient=none,
        one_shot=True,
        select=functools.partial(select, candidates=candidates),
        lazy=True,
    )


def fair_rows(lengths: Sequence[int], columns: int, count: int, key: jax.Array) -> jax.Array:
    """One-hot rows of `count` paths, float32 [count, rows, columns].

    On each path every option of a row is as likely. Of all paths together every option of a row is on as many, but for
    one path more where its number of options does not divide `count`.
    """
    lengths = np.asarray(lengths)
    order = jax.random.uniform(key, (len(lengths), columns))
    order = jnp.argsort(jnp.where(np.arange(columns) < lengths[:, None], order, 2))  # the row's options come first
    turns = np.arange(count)[:, None] % lengths
    return jax.nn.one_hot(order[np.arange(len(lengths)), turns], columns)


def select(space: Space, supernet: TrainedSupernet, rng: np.random.Generator, candidates: int) -> AnyGenotype:
    """The best of so many drawn architectures."""
    drawn = [space.sample(rng) for _ in range(candidates)]
    return max(drawn, key=lambda architecture: supernet.accuracy(decided(space, architecture)))
