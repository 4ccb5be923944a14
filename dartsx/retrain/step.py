"""The evaluator's step: training one derived network from scratch (DARTS, arXiv:1806.09055, sections 3.2 and 3.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dartsx.kernels.initial_weights import init_at_once
from dartsx.losses import Inputs, Loss, classification, figures, first
from dartsx.nn.derived import AnyNetwork
from dartsx.runtime import at_step, stream


class RetrainState(NamedTuple):
    """All that training carries from step to step.

    Attributes:
      step: number of steps done, int32.
      params: weights of the network, float32.
      batch_stats: running statistics of its batch norms.
      optimizer: state of the optimiser.
      key: root key of all randomness; never changes.
    """

    step: jax.Array
    params: Any
    batch_stats: Any
    optimizer: Any
    key: jax.Array


@dataclasses.dataclass(frozen=True)
class RetrainProblem:
    """What a training step is made of.

    Attributes:
      network: the derived (or published) cells or a topology, stacked, or a network by its description.
      optimizer: `dartsx.optim.sgd`.
      rate: its schedule, for the log.
      epochs: epochs of the whole training; drop path grows linearly over them.
      steps_per_epoch: steps of one epoch.
      drop_path: p; epoch e = 0, 1, ... drops with probability p e / epochs.
      auxiliary_weight: weight of the auxiliary head's loss.
      loss: what the outputs of each head on a batch cost, see `dartsx.losses`.
      inputs: batch -> what the network reads of it, such as [N, H, W, channels].
      average: whether the optimiser is `dartsx.optim.averaged`; then predictions are made by the mean of the weights.
    """

    network: AnyNetwork
    optimizer: optax.GradientTransformation
    rate: optax.Schedule
    epochs: int
    steps_per_epoch: int
    drop_path: float = 0.0
    auxiliary_weight: float = 0.4
    loss: Loss = classification()
    inputs: Inputs = first
    average: bool = False


def init_state(problem: RetrainProblem, key: jax.Array, image_shape: tuple[int, ...]) -> RetrainState:
    """Fresh weights and statistics; stream ``init/weights``. `image_shape` is an example's, as (H, W, channels)."""
    images = jnp.zeros((2, *image_shape))
    variables = init_at_once(problem.network, stream(key, "init/weights"), images, True)
    params = variables.get("params", {})  # interpolation has none
    return RetrainState(
        step=jnp.zeros((), jnp.int32),
        params=params,
        batch_stats=variables.get("batch_stats", {}),
        optimizer=problem.optimizer.init(params),
        key=key,
    )


def started_from(problem: RetrainProblem, state: RetrainState, variables: Mapping[str, Any]) -> RetrainState:
    """The state before the first step with these weights and running statistics in place of its own."""
    params = jax.tree.map(jnp.asarray, variables["params"])
    batch_stats = jax.tree.map(jnp.asarray, variables["batch_stats"])
    return state._replace(params=params, batch_stats=batch_stats, optimizer=problem.optimizer.init(params))


Batch = Any  # a pytree of arrays with a leading axis of examples, as the loss takes it
Step = Callable[[RetrainState, Batch], tuple[RetrainState, dict[str, dict[str, jax.Array]]]]


def make_step(problem: RetrainProblem) -> Step:
    """The pure function (state, batch) -> (state, metrics); jit it with donation.

    The metrics are those of the main head; ``loss`` is what is trained: the auxiliary head's weighted part and
    the penalties of the network are in it.
    """

    def step(state: RetrainState, batch: Batch):
        def loss(params):
            outputs, moved = _forward(problem, state, params, problem.inputs(batch))
            value, told = problem.loss(outputs.main, batch)
            value = value + sum(jax.tree.leaves(moved.get("penalties", {})))
            if outputs.auxiliary is not None:
                value = value + problem.auxiliary_weight * problem.loss(outputs.auxiliary, batch)[0]
            return value, (told, moved.get("batch_stats", {}))

        (value, (told, stats)), gradient = jax.value_and_grad(loss, has_aux=True)(state.params)
        updates, optimizer = problem.optimizer.update(gradient, state.optimizer, state.params)
        metrics = {
            "loss": value,
            **figures(told),
            "gradient_norm": optax.tree.norm(gradient),
            "learning_rate": problem.rate(state.step),
        }
        moved = RetrainState(
            step=state.step + 1,
            params=optax.apply_updates(state.params, updates),
            batch_stats=stats,
            optimizer=optimizer,
            key=state.key,
        )
        return moved, {"train": metrics}

    return step


def _forward(problem, state, params, inputs):
    """Outputs of the heads, and by collection new running statistics and penalties of the network.

    Masks come from the streams ``drop_path`` and ``dropout``.
    """
    probability = None
    if problem.drop_path:
        epoch = state.step // problem.steps_per_epoch
        probability = problem.drop_path * epoch / problem.epochs
    return problem.network.apply(
        {"params": params, "batch_stats": state.batch_stats},
        inputs,
        True,
        probability,
        mutable=["batch_stats", "penalties"],
        rngs={name: at_step(stream(state.key, name), state.step) for name in ("drop_path", "dropout")},
    )


def evaluated(problem: RetrainProblem, state: RetrainState) -> dict[str, Any]:
    """The variables by which predictions are made: the weights, or their mean, and the running statistics."""
    return {"params": state.optimizer.mean if problem.average else state.params, "batch_stats": state.batch_stats}


def predict(problem: RetrainProblem, state: RetrainState, inputs: jax.Array) -> Any:
    """Outputs, such as logits [N, classes], by the running statistics, without drop path or auxiliary head."""
    return problem.network.apply(evaluated(problem, state), inputs, False).main
