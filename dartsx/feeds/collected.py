"""Figures of all examples together that are no means over them, such as average precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from dartsx.data import padded_batches
from dartsx.feeds.evaluation import Outputs
from dartsx.feeds.examples import Examples, sharded_rows, take
from dartsx.runtime import jit


class Collected(NamedTuple):
    """What is kept of every example, and the figures that follow from all of it.

    Attributes:
      each: (outputs, batch) -> any pytree, leaves [N, ...]; for use inside jit.
      figures: the same of all examples, NumPy leaves [examples, ...] -> figures by name.
    """

    each: Callable[[Any, Any], Any]
    figures: Callable[[Any], Mapping[str, float]]


def collector(
    outputs: Outputs, collected: Collected, examples: Examples, mesh: jax.sharding.Mesh
) -> Callable[[Any, np.ndarray, int], dict[str, float]]:
    """A function of (state, numbers of examples, batch size) -> figures of these examples."""

    def all_rows(state: Any, arrays: Any, indices: jax.Array) -> Any:
        def one(_, row):
            batch = examples.plain(take(arrays, row))
            return None, collected.each(outputs(state, batch), batch)

        return jax.lax.scan(one, None, indices)[1]

    gather = jit(all_rows)

    def collect(state: Any, numbers: np.ndarray, batch_size: int) -> dict[str, float]:
        positions, mask = padded_batches(len(numbers), batch_size)
        found = jax.device_get(gather(state, examples.arrays, sharded_rows(numbers[positions], mesh)))
        return dict(collected.figures(jax.tree.map(lambda leaf: leaf[mask], found)))

    return collect
