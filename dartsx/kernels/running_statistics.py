"""Running statistics of the batch norms of a cell or a layer, which normalise in evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import update_running

Key = tuple[str, str]  # primitive (or "pre0", "pre1"), norm
Stats = dict[str, jax.Array]  # "mean", "var": [edges or sources, C]
Running = dict[str, dict[str, Stats]]  # primitive -> norm -> statistics


def fresh(shape: Sequence[int]) -> Stats:
    """Statistics of one norm before the first batch: mean 0, variance 1."""
    return {"mean": jnp.zeros(shape), "var": jnp.ones(shape)}


def all_fresh(shapes: Mapping[Key, tuple[int, int]]) -> Running:
    """Statistics before the first batch, for norms of shape [n, C]."""
    running: Running = {}
    for (primitive, name), shape in shapes.items():
        running.setdefault(primitive, {})[name] = fresh(shape)
    return running


def moved(stats: Stats, batch: Stats) -> Stats:
    """Running averages of one norm after one more batch."""
    return jax.tree.map(update_running, stats, batch)


def all_moved(running: Running, batch: Mapping[Key, Stats]) -> Running:
    """Running averages after one more batch; every norm of `running` must be in `batch`."""
    return {
        primitive: {name: moved(stats, batch[primitive, name]) for name, stats in norms.items()}
        for primitive, norms in running.items()
    }


def concatenated(collected: Sequence[Mapping[Key, Stats]]) -> dict[Key, Stats]:
    """Statistics of several groups of edges (or sources), in their order, as one array per norm and kind."""
    keys = dict.fromkeys(key for batch in collected for key in batch)
    return {
        key: jax.tree.map(lambda *parts: jnp.concatenate(parts), *(batch[key] for batch in collected if key in batch))
        for key in keys
    }
