"""What a search step starts from: its problem, its state, and the loss of a batch under a mixture."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dartsx.kernels.initial_weights import init_at_once
from dartsx.losses import Inputs, Loss, Score, accuracy_or_loss, classification, figures, first
from dartsx.nn.build import AnySupernet
from dartsx.runtime import stream
from dartsx.search.method import Method

Batch = Any  # a pytree of arrays with a leading axis of examples, as the loss takes it


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
      memory: what the method remembers besides: ``freeze``, ``learning`` and ``stop``, where it has these parts;
        ``choice`` during perturbation-based selection; ``asked``, ``told`` and ``turns`` where a strategy asks.
    """

    step: jax.Array
    params: Any
    batch_stats: Any
    alpha: Any
    weight_opt: Any
    alpha_opt: Any
    key: jax.Array
    memory: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class SearchProblem:
    """What a search step is made of.

    Attributes:
      supernet: the network of all candidates.
      method: how alphas become mixtures, gradients and genotypes.
      weight_optimizer: `dartsx.optim.sgd`, for the weights.
      alpha_optimizer: optimiser of the alphas.
      rate: schedule of the weights' learning rate (for the virtual step).
      momentum: momentum of the weight optimiser.
      weight_decay: weight decay of the weight optimiser.
      total_steps: steps of the whole search, the denominator of `progress`.
      alpha_start: steps for which the alphas rest as the search, or a stage of it, begins.
      stage_start: steps that were done before, where this is a stage that goes on.
      loss: what the outputs of the supernet on a batch cost, see `dartsx.losses`.
      inputs: batch -> what the supernet reads of it, [N, H, W, channels].
      score: values of the loss by name -> the number by which architectures are compared, bigger is better.
      backend: where the step will run, ``"cpu"``, ``"gpu"`` or ``"tpu"``; None stands for JAX's default backend.
    """

    supernet: AnySupernet
    method: Method
    weight_optimizer: optax.GradientTransformation
    alpha_optimizer: optax.GradientTransformation
    rate: optax.Schedule
    momentum: float
    weight_decay: float
    total_steps: int
    alpha_start: int = 0
    stage_start: int = 0
    loss: Loss = classification()
    inputs: Inputs = first
    score: Score = accuracy_or_loss
    backend: str | None = None


def init_state(problem: SearchProblem, key: jax.Array, image_shape: tuple[int, ...]) -> SearchState:
    """Fresh weights, statistics and alphas; streams ``init/weights`` and ``init/alphas``.

    Args:
      problem: see `SearchProblem`.
      key: typed PRNG key, the root of the run.
      image_shape: (H, W, channels).
    """
    space = problem.supernet.space
    method = problem.method
    alpha = method.init(stream(key, "init/alphas"), space.alpha_shapes)
    images = jnp.zeros((2, *image_shape))
    mixture = method.mixture(alpha, key, jnp.zeros(()))
    variables = init_at_once(problem.supernet, stream(key, "init/weights"), images, mixture, True)
    params = variables["params"]
    return SearchState(
        step=jnp.zeros((), jnp.int32),
        params=params,
        batch_stats=variables.get("batch_stats", {}),
        alpha=alpha,
        weight_opt=problem.weight_optimizer.init(params),
        alpha_opt=problem.alpha_optimizer.init(alpha),
        key=key,
        memory=({"freeze": method.freeze.init(params)} if method.freeze else {})
        | ({"learning": method.learning.init()} if method.learning else {}),
    )


def progress_of(problem: SearchProblem, state: SearchState) -> jax.Array:
    """Share of the search that is done; 1 while weights are tuned after it."""
    return jnp.minimum(state.step / problem.total_steps, 1)


def network_loss(problem: SearchProblem, state: SearchState, batch: Batch, key: jax.Array):
    """(weights, mixture) -> (loss, (its metrics, new running statistics or None)); `shift` is added to the inputs.

    Where statistics move (`mutable`) weights are trained, and the loss has the supernet's penalties in it; alphas see
    the loss alone. From `key` comes what a supernet drops in training: the same at all weights and mixtures.
    """
    rngs = {"dropout": stream(key, "dropout")}

    def loss(params, mixture, mutable: bool = False, shift: jax.Array | None = None):
        variables = {"params": params, "batch_stats": state.batch_stats}
        inputs = problem.inputs(batch)
        if shift is not None:
            inputs = inputs + shift.astype(inputs.dtype)
        apply = functools.partial(problem.supernet.apply, variables, inputs, mixture, True, rngs=rngs)
        outputs, moved = apply(mutable=["batch_stats", "penalties"]) if mutable else (apply(), {})
        value, metrics = problem.loss(outputs, batch)
        value = value + sum(jax.tree.leaves(moved.get("penalties", {})))
        return value, (figures(metrics), moved.get("batch_stats", {}) if mutable else None)

    return loss


def chosen(mixture: Mapping[str, jax.Array], state: SearchState) -> Mapping[str, jax.Array]:
    """The mixture after the choices of perturbation-based selection, see `choice.undecided`.

    Where architectures were asked for (`dartsx.strategies.shared_turns`), it is that of the one of this step.
    """
    if "asked" in state.memory:
        return {name: rows[state.step % rows.shape[0]] for name, rows in state.memory["asked"].items()}
    if "choice" not in state.memory:
        return mixture
    chosen = dict(mixture)
    for name, choice in state.memory["choice"].items():
        edges = mixture.get(f"{name}/edges", jnp.ones(()))
        fixed = choice["rows"] * edges[..., None]
        chosen[name] = jnp.where(choice["fixed"][:, None], fixed, mixture[name] * choice["rows"])
    return chosen
