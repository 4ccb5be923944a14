"""The progressive scheme of DrNAS (arXiv:2006.10355, section 3.2), for any relaxation: ``drnas+progressive``.

Two stages of half a search each, with partial channels (see `pc_darts`, without its weights of edges): in the first the
candidates see one in 6 channels; then every edge keeps its 4 strongest candidates, and the weights are widened to one
in 4 channels. Alphas, optimisers and schedules go on; the alphas rest at the beginning of each stage. Unlike DARTS it
fits a supernet of the final network's size into memory: 36 channels, 20 cells.

A widened weight repeats some of its channels, drawn at random, as in the released code (Net2Wider without its scaling,
which the batch norms that follow make up for). Settings are those of the released code in the space of DARTS.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np

from dartsx.search.method import Method, Stage, Task
from dartsx.spaces.cell_graph import needed


def progressive(base: Method, task: Task, partial_first: int, partial_second: int, keep: int) -> Method:
    """`base` in two stages; see the module's docstring.

    Raises:
      ValueError: the space is none of cells.
    """
    needed(task.space.graph, "progressive")
    stages = (
        Stage(keep, partial_channels=partial_first, until=0.5),
        Stage(None, partial_channels=partial_second, goes_on=True),
    )
    return dataclasses.replace(base, stages=stages)


def widened(weights: Any, like: Any, seed: int) -> Any:
    """Weights (or statistics, or an optimiser's buffers) of a narrow supernet, in the shapes of a wider one.

    Args:
      weights: pytree of arrays.
      like: pytree of the same structure, no array of it narrower than that of `weights`.
      seed: seed by which repeated channels are drawn; they are the same wherever a width grows to another.
    """
    return jax.tree.map(lambda w, wide: _grown(w, wide.shape, seed), weights, like)


def _grown(weight: jax.Array, shape: tuple[int, ...], seed: int) -> jax.Array:
    for axis, (old, new) in enumerate(zip(weight.shape, shape, strict=True)):
        if old != new:
            repeated = np.random.default_rng((seed, old, new)).integers(0, old, new - old)
            weight = weight.take(np.concatenate([np.arange(old), repeated]), axis)
    return weight
