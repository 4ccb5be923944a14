"""One search step: an architecture step on a validation batch, then a weight step on a training batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dartsx.kernels.initial_weights import init_at_once
from dartsx.losses import Inputs, Loss, Score, accuracy_or_loss, classification, first
from dartsx.nn.build import AnySupernet
from dartsx.optim import momentum_buffer
from dartsx.runtime import at_step, stream
from dartsx.search import relax
from dartsx.search.hypergradient import Bilevel, Inner
from dartsx.search.method import Method


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
      memory: what the method remembers besides: ``freeze`` and ``stop``, where it has these parts, during
        perturbation-based selection ``choice``, and of a search in turns ``asked``, ``told`` and ``turns``.
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
      alpha_start: first step that moves the alphas.
      loss: what the outputs of the supernet on a batch cost, see `dartsx.losses`.
      inputs: batch -> what the supernet reads of it, [N, H, W, channels].
      score: values of the loss by name -> the number by which architectures are compared, bigger is better.
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
    loss: Loss = classification()
    inputs: Inputs = first
    score: Score = accuracy_or_loss


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
        batch_stats=variables["batch_stats"],
        alpha=alpha,
        weight_opt=problem.weight_optimizer.init(params),
        alpha_opt=problem.alpha_optimizer.init(alpha),
        key=key,
        memory={"freeze": method.freeze.init(params)} if method.freeze else {},
    )


Batch = Any  # a pytree of arrays with a leading axis of examples, as the loss takes it
Step = Callable[[SearchState, Batch, Batch], tuple[SearchState, dict[str, dict[str, jax.Array]]]]


def make_step(problem: SearchProblem) -> Step:
    """The pure function (state, training batch, validation batch) -> (state, metrics); jit it with donation.

    Metrics are scalars by split: ``train`` at the weights before their step, ``valid`` where the hypergradient was
    taken (for unrolled ones the virtual weights), both by batch statistics, as the original prints them. A method of
    one level takes both on the training batch.
    """

    def step(state: SearchState, train: Batch, valid: Batch):
        progress = _progress(problem, state)
        key = at_step(stream(state.key, "relaxation"), state.step)
        alphas_see = train if problem.method.one_level else valid
        moved, alpha_metrics = _alpha_step(problem, state, train, alphas_see, key, progress)
        watched = valid if problem.method.freeze else None
        moved, weight_metrics = _weight_step(problem, moved, train, key, progress, watched)
        metrics = {"train": weight_metrics, "valid": alpha_metrics}
        return moved._replace(step=state.step + 1), metrics

    return step


def make_weight_step(problem: SearchProblem) -> Callable[[SearchState, Batch], tuple[SearchState, dict]]:
    """The pure function (state, training batch) -> (state, metrics) that moves the weights only."""

    def step(state: SearchState, train: Batch):
        key = at_step(stream(state.key, "relaxation"), state.step)
        progress = _progress(problem, state)
        moved, metrics = _weight_step(problem, state, train, key, progress)
        return moved._replace(step=state.step + 1), {"train": metrics}

    return step


def _progress(problem: SearchProblem, state: SearchState) -> jax.Array:
    """Share of the search that is done; 1 while weights are tuned after it."""
    return jnp.minimum(state.step / problem.total_steps, 1)


def _network_loss(problem: SearchProblem, state: SearchState, batch: Batch):
    """(weights, mixture) -> (loss, (its metrics, new running statistics or None)); `shift` is added to the inputs."""

    def loss(params, mixture, mutable: bool = False, shift: jax.Array | None = None):
        variables = {"params": params, "batch_stats": state.batch_stats}
        inputs = problem.inputs(batch)
        if shift is not None:
            inputs = inputs + shift.astype(inputs.dtype)
        if not mutable:
            outputs, stats = problem.supernet.apply(variables, inputs, mixture, True), None
        else:
            outputs, moved = problem.supernet.apply(variables, inputs, mixture, True, mutable=["batch_stats"])
            stats = moved["batch_stats"]
        value, metrics = problem.loss(outputs, batch)
        return value, (metrics, stats)

    return loss


def loss_of_alpha(problem: SearchProblem, state: SearchState, batch: Batch, key: jax.Array, progress: jax.Array):
    """The loss of a batch as a function of weights and alphas, by the batch's own statistics.

    Args:
      problem: see `SearchProblem`.
      state: the state whose running statistics and choices are used.
      batch: see `SearchProblem`.
      key: draws the mixture.
      progress: share of the search that is done.

    Returns:
      (weights, alpha) -> (loss, (its metrics, None)). A further scalar `shift` is added to what the network reads of
      the batch (see `hypergradient.alpha_gradient`), whatever else the batch holds; targets stay as they are.
    """
    of_mixture = _network_loss(problem, state, batch)

    def loss(params, alpha, shift: jax.Array | None = None):
        mixture = _chosen(problem.method.mixture(alpha, key, progress), state)
        return of_mixture(params, mixture, shift=shift)

    return loss


def shifted(problem: SearchProblem, batch: Batch, loss) -> Callable[..., jax.Array] | None:
    """The value of `loss_of_alpha`, for `Bilevel.shifted_train`; None where the network reads whole numbers."""
    if not jnp.issubdtype(problem.inputs(batch).dtype, jnp.floating):
        return None
    return lambda params, alpha, shift: loss(params, alpha, shift)[0]


def _chosen(mixture: Mapping[str, jax.Array], state: SearchState) -> Mapping[str, jax.Array]:
    """The mixture after the choices of perturbation-based selection, see `methods.darts_pt.undecided`.

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


def _alpha_step(problem, state, train, valid, key, progress):
    method = problem.method
    train_key, valid_key = jax.random.split(key)
    valid_loss = loss_of_alpha(problem, state, valid, valid_key, progress)

    def penalised(params, alpha):
        loss, (told, _) = valid_loss(params, alpha)
        bounded = method.bound(loss, alpha) if method.bound else loss
        return bounded + (method.penalty(alpha, progress) if method.penalty else 0), (loss, told)

    inner = Inner(
        problem.rate(state.step),
        problem.momentum,
        problem.weight_decay,
        momentum_buffer(state.weight_opt),
    )
    train_loss = loss_of_alpha(problem, state, train, train_key, progress)
    bilevel = Bilevel(train_loss, penalised, shifted(problem, train, train_loss))
    result = method.hypergradient(bilevel, state.params, state.alpha, inner)
    loss, told = result.auxiliary
    updates, alpha_opt = problem.alpha_optimizer.update(result.gradient, state.alpha_opt, state.alpha)
    alpha = optax.apply_updates(state.alpha, updates)
    if problem.alpha_start:
        fixed = state.step < problem.alpha_start
        alpha, alpha_opt = jax.tree.map(
            lambda old, new: jnp.where(fixed, old, new),
            (state.alpha, state.alpha_opt),
            (alpha, alpha_opt),
        )
    candidates = {name: alpha[name] for name in problem.supernet.space.alpha_shapes}
    metrics = {
        "loss": loss,
        **told,
        "alpha_gradient_norm": optax.tree.norm(result.gradient),
        "alpha_entropy": relax.entropy(relax.softmax(candidates)),
    }
    return state._replace(alpha=alpha, alpha_opt=alpha_opt), metrics


def _weight_step(problem, state, batch, key, progress, watched: Batch = None):
    """Moves the weights; `watched` is the validation batch, for methods that freeze weights."""
    method, loss = problem.method, _network_loss(problem, state, batch)
    mixture = _chosen(method.mixture(state.alpha, jax.random.split(key)[0], progress), state)
    if method.perturb:
        perturb_key = stream(key, "perturbation")
        mixture = method.perturb(lambda m: loss(state.params, m)[0], mixture, perturb_key, progress)
    value_and_grad = jax.value_and_grad(lambda w: loss(w, mixture, mutable=True), has_aux=True)
    (value, (told, batch_stats)), gradient = value_and_grad(state.params)
    memory = state.memory
    if watched is not None:
        of_valid = jax.grad(lambda w: _network_loss(problem, state, watched)(w, mixture)[0])
        frozen = method.freeze.update(memory["freeze"], gradient, of_valid(state.params))
        memory = {**memory, "freeze": frozen}
    if method.align:
        added = method.align(lambda w, m: loss(w, m)[0], state.params, mixture, progress)
        gradient = jax.tree.map(jnp.add, gradient, added)
    updates, weight_opt = _updates(problem, state, memory, gradient)
    metrics = {
        "loss": value,
        **told,
        "gradient_norm": optax.tree.norm(gradient),
        "learning_rate": problem.rate(state.step),
    }
    params = optax.apply_updates(state.params, updates)
    moved = state._replace(params=params, batch_stats=batch_stats, weight_opt=weight_opt, memory=memory)
    return moved, metrics


def _updates(problem, state, memory, gradient):
    """What the optimiser makes of a gradient; nothing for frozen weights, whose gradient counts in no norm either."""
    freeze = problem.method.freeze
    if freeze:
        gradient = freeze.moving(memory["freeze"], gradient)
    updates, weight_opt = problem.weight_optimizer.update(gradient, state.weight_opt, state.params)
    if freeze:
        updates = freeze.moving(memory["freeze"], updates)
    return updates, weight_opt


def predict(problem: SearchProblem, state: SearchState, inputs: jax.Array) -> Any:
    """Outputs of the supernet, such as logits [N, classes], by the running statistics, under the mixture without noise.

    Args:
      problem: see `SearchProblem`.
      state: state of the search.
      inputs: [N, H, W, channels].
    """
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    return problem.supernet.apply(variables, inputs, expected_mixture(problem, state), False)


def outputs(problem: SearchProblem) -> Callable[[SearchState, Batch], Any]:
    """`predict` as a function of (state, batch)."""
    return lambda state, batch: predict(problem, state, problem.inputs(batch))


def values_by_batch(
    problem: SearchProblem,
    state: SearchState,
    mixture: Mapping[str, jax.Array],
    rows: Any,
    batch: Callable[[Any], Batch] = lambda row: row,
) -> dict[str, jax.Array]:
    """Loss and metrics under a mixture by the statistics of each batch; means over batches, one after another.

    Args:
      problem: see `SearchProblem`.
      state: the state whose weights are used.
      mixture: mixture of every edge.
      rows: leaves [batches, ...].
      batch: makes a batch of a row.
    """
    variables = {"params": state.params, "batch_stats": state.batch_stats}

    def of_row(row: Any) -> dict[str, jax.Array]:
        given = batch(row)
        loss, metrics = problem.loss(problem.supernet.apply(variables, problem.inputs(given), mixture, True), given)
        return {"loss": loss, **metrics}

    return jax.tree.map(jnp.mean, jax.lax.map(of_row, rows))


def expected_mixture(problem: SearchProblem, state: SearchState) -> Mapping[str, jax.Array]:
    """The mixture without noise, after the choices of perturbation-based selection."""
    method, progress = problem.method, _progress(problem, state)
    if method.expected:
        mixture = method.expected(state.alpha, progress)
    else:
        mixture = method.mixture(state.alpha, stream(state.key, "relaxation/predict"), progress)
    return _chosen(mixture, state)
