"""P-DARTS (arXiv:1904.12760): three searches in a row, deeper and with fewer candidates each time.

Stages: 5, 11 and 17 cells with 8, 5 and 3 candidates per edge; each starts from new weights and alphas,
and on every edge keeps the candidates with the largest weights of the stage before. Skip connections are dropped at
random, at rates that fall to 0 within a stage and start at 0, 0.4, 0.7. After the last stage the weakest skip
connections of the derived normal cell give way until two are left. Unlike DARTS the gap in depth to the final network
is closed in steps.

Rates are the paper's, and fall linearly; the released command starts at 0.1, and its rates fall exponentially once the
alphas move.
Dropped candidates have weight 0 and are not computed where edges are computed one after the other (the default on a
CPU, ``search.remat=branch`` elsewhere); their weights stay in memory, unused. The paper drops skip connections per
image and element; here they are dropped per step and edge. Stages have equal lengths; every stage is a search of its
own, in a folder of the work directory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.runtime import stream
from dartsx.search.columns import places
from dartsx.search.masked import Kept, masked
from dartsx.search.method import HostAlpha, Method, Stage, Task, on_mixtures, without_noise

SKIP = "skip_connect"


def p_darts(
    base: Method,
    task: Task,
    skips: int,
    extra_layers_second: int,
    extra_layers_third: int,
    keep_second: int,
    keep_third: int,
    dropout_second: float,
    dropout_third: float,
) -> Method:
    """`base` in three stages; see the module's docstring."""
    stages = (
        Stage(keep_second),
        Stage(keep_third, extra_layers_second, dropout_second),
        Stage(None, extra_layers_third, dropout_third),
    )
    return dataclasses.replace(base, stages=stages, discretize=at_most(skips))


def narrowed(base: Method, kept: Kept) -> Method:
    """`base` with some candidates only, whose supernet need not compute the others."""
    seen = masked(base, kept)
    return dataclasses.replace(seen, lazy=base.lazy or not all(np.all(mask) for mask in kept.values()))


def with_skip_dropout(base: Method, task: Task, rate: float) -> Method:
    """`base` whose skip connections are dropped at a rate that falls linearly from `rate` to 0."""
    if not rate or not any(skip.any() for skip in places(task.space, SKIP).values()):
        return base

    def dropped(mixture, alpha, key, progress):
        keep = 1 - rate * (1 - progress)
        rows = dict(mixture)
        for name, skip in places(task.space, SKIP).items():
            drawn = jax.random.bernoulli(stream(key, f"{name}/dropout"), keep, (len(skip), 1))
            rows[name] = rows[name] * jnp.where(skip, drawn / keep, 1).astype(rows[name].dtype)
        return rows

    return dataclasses.replace(base, **on_mixtures(base, dropped), expected=without_noise(base))


def strongest(space, strengths: HostAlpha, kept: Kept, count: int) -> dict[str, np.ndarray]:
    """The `count` candidates of the largest weight on every edge, of those that are kept so far."""
    chosen = {}
    for name in space.alpha_shapes:
        weights = np.where(kept[name], strengths[name], -1)
        order = np.argsort(-weights, -1, kind="stable")[:, :count]
        chosen[name] = np.zeros(weights.shape, bool)
        np.put_along_axis(chosen[name], order, True, -1)
        chosen[name] &= kept[name]
    return chosen


def at_most(skips: int) -> Callable:
    """Derivation with so many skip connections in the normal cell at most: the weakest lose their weight in turn."""

    def discretize(space, strengths):
        if space.graph is None:  # no cell whose skip connections could be counted
            return space.derive(strengths)
        strengths = {name: np.array(s) for name, s in strengths.items()}
        normal, skip = strengths["normal"], places(space, SKIP)["normal"]
        rows = {edge: row for row, edge in enumerate(space.graph.edges)}
        while True:
            genotype = space.derive(strengths)
            found = [rows[e.source, e.node] for e in genotype.cells["normal"].edges if e.primitive == SKIP]
            able = [row for row in found if normal[row][skip[row]] >= 0]  # not the only candidate of its edge
            if len(found) <= skips or not able:
                return genotype
            weakest = min(able, key=lambda row: normal[row][skip[row]])
            normal[weakest][skip[weakest]] = -1  # below all others, so never again

    return discretize
