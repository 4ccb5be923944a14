"""One search step: an architecture step on a validation batch, then a weight step on a training batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dartsx.nn import StagedSupernet, Supernet
from dartsx.nn.losses import accuracy, cross_entropy
from dartsx.optim import momentum_buffer
from dartsx.runtime import at_step, stream
from dartsx.search import relax
from dartsx.search.hypergradient import Bilevel, Inner
from dartsx.search.method import Method


class Batch(NamedTuple):
    """Images [N, H, W, channels], normalised and augmented, and labels [N] int32."""

    images: jax.Array
    labels: jax.Array


class SearchState(NamedTuple):
    """All that a search carries from step to step, and all that a checkpoint needs.

    Attributes:
      step: number of steps done, int32.
      params: weights of the supernet, float32.
      batch_stats: running statistics of its batch norms.
      alpha: logits, per cell type [edges, primitives].
      weight_opt: state of the weights' optimiser.
      alpha_opt: state of the alphas' optimiser.
      key: root key of all randomness; never changes.
    """

    step: jax.Array
    params: Any
    batch_stats: Any
    alpha: Any
    weight_opt: Any
    alpha_opt: Any
    key: jax.Array


@dataclasses.dataclass(frozen=True)
class SearchProblem:
    """What a search step is made of.

    Attributes:
      supernet: the network of all candidates.
      method: how alphas become mixtures, gradients and genotypes.
      weight_optimizer: `dartsx.optim.sgd`, for the weights.
      alpha_optimizer: for the alphas.
      rate: schedule of the weights' learning rate (for the virtual step).
      momentum: of the weights' optimiser.
      weight_decay: of the weights' optimiser.
      total_steps: steps of the whole search, the denominator of `progress`.
      alpha_start: first step that moves the alphas.
    """

    supernet: Supernet | StagedSupernet
    method: Method
    weight_optimizer: optax.GradientTransformation
    alpha_optimizer: optax.GradientTransformation
    rate: optax.Schedule
    momentum: float
    weight_decay: float
    total_steps: int
    alpha_start: int = 0


def init_state(problem: SearchProblem, key: jax.Array, image_shape: tuple[int, ...]) -> SearchState:
    """Fresh weights, statistics and alphas; streams ``init/weights`` and ``init/alphas``.

    Args:
      problem: see `SearchProblem`.
      key: typed PRNG key, the root of the run.
      image_shape: (H, W, channels).
    """
    space = problem.supernet.space
    alpha = problem.method.init(stream(key, "init/alphas"), space.alpha_shapes)
    images = jnp.zeros((2, *image_shape))
    mixture = problem.method.mixture(alpha, key, jnp.zeros(()))
    variables = problem.supernet.init(stream(key, "init/weights"), images, mixture, True)
    params = variables["params"]
    return SearchState(
        step=jnp.zeros((), jnp.int32),
        params=params,
        batch_stats=variables["batch_stats"],
        alpha=alpha,
        weight_opt=problem.weight_optimizer.init(params),
        alpha_opt=problem.alpha_optimizer.init(alpha),
        key=key,
    )


Step = Callable[[SearchState, Batch, Batch], tuple[SearchState, dict[str, dict[str, jax.Array]]]]


def make_step(problem: SearchProblem) -> Step:
    """The pure function (state, training batch, validation batch) -> (state, metrics); jit it with donation.

    Metrics are scalars by split: ``train`` at the weights before their step, ``valid`` where the hypergradient was
    taken (for unrolled ones the virtual weights), both by batch statistics, as the original prints them.
    """

    def step(state: SearchState, train: Batch, valid: Batch):
        progress = state.step / problem.total_steps
        key = at_step(stream(state.key, "relaxation"), state.step)
        moved, alpha_metrics = _alpha_step(problem, state, train, valid, key, progress)
        moved, weight_metrics = _weight_step(problem, moved, train, key, progress)
        metrics = {"train": weight_metrics, "valid": alpha_metrics}
        return moved._replace(step=state.step + 1), metrics

    return step


def _loss(problem: SearchProblem, state: SearchState, batch: Batch, key, progress):
    """(weights, alpha) -> (loss, (logits, new running statistics or None))."""

    def loss(params, alpha, mutable: bool = False):
        mixture = problem.method.mixture(alpha, key, progress)
        variables = {"params": params, "batch_stats": state.batch_stats}
        if not mutable:
            logits, stats = problem.supernet.apply(variables, batch.images, mixture, True), None
        else:
            logits, moved = problem.supernet.apply(
                variables, batch.images, mixture, True, mutable=["batch_stats"]
            )
            stats = moved["batch_stats"]
        return cross_entropy(logits, batch.labels), (logits, stats)

    return loss


def _alpha_step(problem, state, train, valid, key, progress):
    method = problem.method
    train_key, valid_key = jax.random.split(key)
    valid_loss = _loss(problem, state, valid, valid_key, progress)

    def penalised(params, alpha):
        loss, (logits, _) = valid_loss(params, alpha)
        return loss + (method.penalty(alpha, progress) if method.penalty else 0), (loss, logits)

    inner = Inner(
        problem.rate(state.step),
        problem.momentum,
        problem.weight_decay,
        momentum_buffer(state.weight_opt),
    )
    bilevel = Bilevel(_loss(problem, state, train, train_key, progress), penalised)
    result = method.hypergradient(bilevel, state.params, state.alpha, inner)
    loss, logits = result.auxiliary
    updates, alpha_opt = problem.alpha_optimizer.update(
        result.gradient, state.alpha_opt, state.alpha
    )
    alpha = optax.apply_updates(state.alpha, updates)
    if problem.alpha_start:
        fixed = state.step < problem.alpha_start
        alpha, alpha_opt = jax.tree.map(
            lambda old, new: jnp.where(fixed, old, new),
            (state.alpha, state.alpha_opt),
            (alpha, alpha_opt),
        )
    metrics = {
        "loss": loss,
        "accuracy": accuracy(logits, valid.labels),
        "alpha_gradient_norm": optax.tree.norm(result.gradient),
        "alpha_entropy": relax.entropy(relax.softmax(alpha)),
    }
    return state._replace(alpha=alpha, alpha_opt=alpha_opt), metrics


def _weight_step(problem, state, batch, key, progress):
    loss = _loss(problem, state, batch, jax.random.split(key)[0], progress)
    value_and_grad = jax.value_and_grad(lambda w: loss(w, state.alpha, mutable=True), has_aux=True)
    (value, (logits, batch_stats)), gradient = value_and_grad(state.params)
    updates, weight_opt = problem.weight_optimizer.update(gradient, state.weight_opt, state.params)
    params = optax.apply_updates(state.params, updates)
    metrics = {
        "loss": value,
        "accuracy": accuracy(logits, batch.labels),
        "gradient_norm": optax.tree.norm(gradient),
        "learning_rate": problem.rate(state.step),
    }
    return state._replace(params=params, batch_stats=batch_stats, weight_opt=weight_opt), metrics


def predict(problem: SearchProblem, state: SearchState, images: jax.Array) -> jax.Array:
    """Logits [N, classes] by the running statistics."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    mixture: Mapping = problem.method.mixture(
        state.alpha, stream(state.key, "relaxation/predict"), state.step / problem.total_steps
    )
    return problem.supernet.apply(variables, images, mixture, False)
