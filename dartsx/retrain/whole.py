"""A whole training as one function: for many small networks, of which each takes seconds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from dartsx.feeds import Examples, example_sums, take
from dartsx.losses import figures
from dartsx.retrain.step import RetrainProblem, init_state, make_step, predict
from dartsx.runtime import at_step, stream


def train_whole(
    problem: RetrainProblem,
    train: Examples,
    test: Examples,
    key: jax.Array,
    rows: jax.Array,
    tested: tuple[jax.Array, jax.Array],
) -> dict[str, jax.Array]:
    """Trains a network from its first weights, and tests it; pure, for use inside jit and vmap.

    Args:
      problem: network, loss and optimiser; its epochs are those of the schedule.
      train, test: the examples.
      key: root key of all randomness.
      rows: numbers of the examples of every step, int32 [steps, batch].
      tested: numbers of the test examples and a mask, [batches, batch] each (`dartsx.data.padded_batches`).

    Returns:
      ``loss`` and the loss's metrics, means over the test examples, and ``train_loss``, the mean over the last epoch.
    """
    step = make_step(problem)

    def one(state: Any, row: jax.Array) -> tuple[Any, jax.Array]:
        batch = train.augmented(take(train.arrays, row), at_step(stream(state.key, "train/augment"), state.step))
        state, metrics = step(state, batch)
        return state, metrics["train"]["loss"]

    images = jax.eval_shape(lambda: problem.inputs(train.plain(take(train.arrays, rows[0]))))
    state, losses = jax.lax.scan(one, init_state(problem, key, images.shape[1:]), rows)
    sums = example_sums(lambda state, batch: predict(problem, state, problem.inputs(batch)), problem.loss, test)
    count = tested[1].sum()
    tests = {name: total / count for name, total in sums(state, test.arrays, *tested).items()}
    return {**figures(tests), "train_loss": jnp.mean(losses[-problem.steps_per_epoch :])}
