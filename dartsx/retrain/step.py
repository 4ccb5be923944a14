"""The evaluator's step: training one derived network from scratch (DARTS, arXiv:1806.09055, sections 3.2 and 3.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dartsx.kernels.initial_weights import init_at_once
from dartsx.nn import CellNetwork, DescribedNetwork, TopologyNetwork
from dartsx.nn.losses import accuracy, cross_entropy
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
      epochs: of the whole training; drop path grows linearly over them.
      steps_per_epoch: steps of one epoch.
      drop_path: p; epoch e = 0, 1, ... drops with probability p e / epochs.
      auxiliary_weight: weight of the auxiliary head's loss.
      label_smoothing: of the training loss.
    """

    network: CellNetwork | TopologyNetwork | DescribedNetwork
    optimizer: optax.GradientTransformation
    rate: optax.Schedule
    epochs: int
    steps_per_epoch: int
    drop_path: float = 0.0
    auxiliary_weight: float = 0.4
    label_smoothing: float = 0.0


def init_state(problem: RetrainProblem, key: jax.Array, image_shape: tuple[int, ...]) -> RetrainState:
    """Fresh weights and statistics; stream ``init/weights``. `image_shape` is (H, W, channels)."""
    images = jnp.zeros((2, *image_shape))
    variables = init_at_once(problem.network, stream(key, "init/weights"), images, True)
    return RetrainState(
        step=jnp.zeros((), jnp.int32),
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        optimizer=problem.optimizer.init(variables["params"]),
        key=key,
    )


Step = Callable[[RetrainState, jax.Array, jax.Array], tuple[RetrainState, dict[str, dict[str, jax.Array]]]]


def make_step(problem: RetrainProblem) -> Step:
    """The pure function (state, images, labels) -> (state, metrics); jit it with donation."""

    def step(state: RetrainState, images: jax.Array, labels: jax.Array):
        def loss(params):
            logits, stats = _forward(problem, state, params, images)
            value = cross_entropy(logits.main, labels, problem.label_smoothing)
            if logits.auxiliary is not None:
                extra = cross_entropy(logits.auxiliary, labels, problem.label_smoothing)
                value = value + problem.auxiliary_weight * extra
            return value, (logits.main, stats)

        (value, (logits, stats)), gradient = jax.value_and_grad(loss, has_aux=True)(state.params)
        updates, optimizer = problem.optimizer.update(gradient, state.optimizer, state.params)
        metrics = {
            "loss": value,
            "accuracy": accuracy(logits, labels),
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


def _forward(problem, state, params, images):
    """Logits and new running statistics; masks from the streams ``drop_path`` and ``dropout``."""
    probability = None
    if problem.drop_path:
        epoch = state.step // problem.steps_per_epoch
        probability = problem.drop_path * epoch / problem.epochs
    logits, moved = problem.network.apply(
        {"params": params, "batch_stats": state.batch_stats},
        images,
        True,
        probability,
        mutable=["batch_stats"],
        rngs={name: at_step(stream(state.key, name), state.step) for name in ("drop_path", "dropout")},
    )
    return logits, moved.get("batch_stats", {})


def predict(problem: RetrainProblem, state: RetrainState, images: jax.Array) -> jax.Array:
    """Logits [N, classes] by the running statistics, without drop path or auxiliary head."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    return problem.network.apply(variables, images, False).main
