"""Loss and metrics over many examples, every one exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import padded_batches
from dartsx.feeds.examples import Examples, sharded_rows, take
from dartsx.losses import Loss, figures
from dartsx.runtime import jit

Outputs = Callable[[Any, Any], Any]  # (state, batch) -> outputs of the network
Sums = dict[str, jax.Array]


def batch_sums(outputs: Outputs, loss: Loss) -> Callable[[Any, Any, jax.Array], Sums]:
    """A function of (state, batch, mask [N]) -> loss and metrics by name, summed over the examples under the mask."""

    def of_example(output: Any, example: Any) -> Sums:
        value, metrics = loss(*jax.tree.map(lambda leaf: leaf[None], (output, example)))
        return {"loss": value, **metrics}

    def sums(state: Any, batch: Any, real: jax.Array) -> Sums:
        values = jax.vmap(of_example)(outputs(state, batch), batch)
        return {name: jnp.where(_along(real, of_all), of_all, 0).sum(0) for name, of_all in values.items()}

    return sums


def example_sums(outputs: Outputs, loss: Loss, examples: Examples) -> Callable[..., Sums]:
    """A function of (state, arrays of the examples, indices and mask [steps, batch]) -> sums as of `batch_sums`."""
    of_batch = batch_sums(outputs, loss)

    def sums(state: Any, arrays: Any, indices: jax.Array, mask: jax.Array) -> Sums:
        def one(_, row):
            chosen, real = row
            return None, of_batch(state, examples.plain(take(arrays, chosen)), real)

        return jax.tree.map(lambda leaf: leaf.sum(0), jax.lax.scan(one, None, (indices, mask))[1])

    return sums


def _along(mask: jax.Array, values: jax.Array) -> jax.Array:
    """A mask [N] for values [N, ...]."""
    return mask.reshape(-1, *(1,) * (values.ndim - 1))


def means(sums: Sums, count: int) -> dict[str, float]:
    """The sums over `count` examples as means, the loss first."""
    told = figures({name: np.asarray(total, np.float64) / count for name, total in sums.items()})
    return {name: float(told[name]) for name in sorted(told, key=lambda name: name != "loss")}


def evaluator(
    outputs: Outputs, loss: Loss, examples: Examples, mesh: jax.sharding.Mesh
) -> Callable[[Any, np.ndarray, int], dict[str, float]]:
    """A function of (state, numbers of examples, batch size) -> loss and metrics, every example exactly once."""
    sums = jit(example_sums(outputs, loss, examples))

    def evaluate(state: Any, numbers: np.ndarray, batch_size: int) -> dict[str, float]:
        positions, mask = padded_batches(len(numbers), batch_size)
        rows = sharded_rows((numbers[positions], mask), mesh)
        return means(sums(state, examples.arrays, *rows), len(numbers))

    return evaluate
