"""One search step: an architecture step on a validation batch, then a weight step on a training batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from dartsx.kernels.choice import backend_of, joins_arrays
from dartsx.optim import momentum_buffer, side_by_side
from dartsx.runtime import at_step, stream
from dartsx.search import relax
from dartsx.search.hypergradient import Bilevel, Inner, Result
from dartsx.search.masked import present
from dartsx.search.state import Batch, SearchProblem, SearchState, chosen, network_loss, progress_of

Step = Callable[[SearchState, Batch, Batch], tuple[SearchState, dict[str, dict[str, jax.Array]]]]


def make_step(problem: SearchProblem) -> Step:
    """The pure function (state, training batch, validation batch) -> (state, metrics); jit it with donation.

    Metrics are scalars by split: ``train`` at the weights before their step, ``valid`` where the hypergradient was
    taken (for unrolled ones the virtual weights), both by batch statistics, as the original prints them. A method of
    one level takes both on the training batch.
    """

    def step(state: SearchState, train: Batch, valid: Batch):
        progress = progress_of(problem, state)
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
        progress = progress_of(problem, state)
        moved, metrics = _weight_step(problem, state, train, key, progress)
        return moved._replace(step=state.step + 1), {"train": metrics}

    return step


def loss_of_alpha(problem: SearchProblem, state: SearchState, batch: Batch, key: jax.Array, progress: jax.Array):
    """The loss of a batch as a function of weights and alphas, by the batch's own statistics.

    Args:
      problem: see `SearchProblem`.
      state: the state whose running statistics and choices are used.
      batch: see `SearchProblem`.
      key: draws the mixture, and what is dropped.
      progress: share of the search that is done.

    Returns:
      (weights, alpha) -> (loss, (its metrics, None)). A further scalar `shift` is added to what the network reads of
      the batch (see `hypergradient.alpha_gradient`), whatever else the batch holds; targets stay as they are.
    """
    of_mixture = network_loss(problem, state, batch, key)

    def loss(params, alpha, shift: jax.Array | None = None):
        mixture = chosen(problem.method.mixture(alpha, key, progress), state)
        return of_mixture(params, mixture, shift=shift)

    return loss


def shifted(problem: SearchProblem, batch: Batch, loss) -> Callable[..., jax.Array] | None:
    """The value of `loss_of_alpha`, for `Bilevel.shifted_train`; None where the network reads whole numbers."""
    if not jnp.issubdtype(problem.inputs(batch).dtype, jnp.floating):
        return None
    return lambda params, alpha, shift: loss(params, alpha, shift)[0]


def _alpha_step(problem, state, train, valid, key, progress):
    method = problem.method
    gradient_of = _by_reward if method.learning else _by_hypergradient
    result, memory = gradient_of(problem, state, train, valid, key, progress)
    loss, told = result.auxiliary
    updates, alpha_opt = problem.alpha_optimizer.update(result.gradient, state.alpha_opt, state.alpha)
    if method.growth != 1:
        updates = jax.tree.map(lambda update: update * _grown(problem, state), updates)
    alpha = optax.apply_updates(state.alpha, updates)
    if method.rescale:
        alpha = method.rescale(state.alpha, alpha)
    if problem.alpha_start:
        fixed = state.step < problem.stage_start + problem.alpha_start
        alpha, alpha_opt = jax.tree.map(
            lambda old, new: jnp.where(fixed, old, new),
            (state.alpha, state.alpha_opt),
            (alpha, alpha_opt),
        )
    metrics = {
        "loss": loss,
        **told,
        "alpha_gradient_norm": optax.tree.norm(result.gradient),
        "alpha_entropy": relax.entropy(relax.softmax(present(alpha, problem.supernet.space))),
    }
    return state._replace(alpha=alpha, alpha_opt=alpha_opt, memory=memory), metrics


def _grown(problem: SearchProblem, state: SearchState) -> jax.Array:
    """Factor of the alphas' learning rate: 1 when they begin to move, the method's `growth` after all stages."""
    learning = (state.step - problem.alpha_start) / max(1, problem.total_steps - problem.alpha_start)
    return problem.method.growth ** jnp.clip(learning, 0, 1)


def _by_hypergradient(problem, state, train, valid, key, progress) -> tuple[Result, dict[str, Any]]:
    """The hypergradient with (loss, its metrics), and the memory, which stays as it is."""
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
    return method.hypergradient(bilevel, state.params, state.alpha, inner), state.memory


def _by_reward(problem, state, train, valid, key, progress) -> tuple[Result, dict[str, Any]]:
    """What the method learns from the quality of a drawn mixture on the validation batch; and the memory."""
    method = problem.method
    valid_key = jax.random.split(key)[1]
    mixture = chosen(method.mixture(state.alpha, valid_key, progress), state)
    loss, (told, _) = network_loss(problem, state, valid, valid_key)(state.params, mixture)
    quality = problem.score({"loss": loss, **told})
    memory, gradient = method.learning.update(state.memory["learning"], state.alpha, mixture, quality)
    return Result(gradient, loss, (loss, told)), {**state.memory, "learning": memory}


def _weight_step(problem, state, batch, key, progress, watched: Batch = None):
    """Moves the weights; `watched` is the validation batch, for methods that freeze weights."""
    method = problem.method
    told, batch_stats, gradient, mixture = _weight_gradient(problem, state, batch, key, progress)
    memory = state.memory
    if watched is not None:
        of_valid = jax.grad(lambda w: network_loss(problem, state, watched, key)(w, mixture)[0])
        frozen = method.freeze.update(memory["freeze"], gradient, of_valid(state.params))
        memory = {**memory, "freeze": frozen}
    if method.align:
        loss = network_loss(problem, state, batch, key)
        added = method.align(lambda w, m: loss(w, m)[0], state.params, mixture, progress)
        gradient = jax.tree.map(jnp.add, gradient, added)
    gradient, norm = _with_norm(problem, gradient)
    updates, weight_opt = _updates(problem, state, memory, gradient, norm)
    metrics = {
        **told,
        "gradient_norm": norm,
        "learning_rate": problem.rate(state.step),
    }
    params = optax.apply_updates(state.params, updates)
    moved = state._replace(params=params, batch_stats=batch_stats, weight_opt=weight_opt, memory=memory)
    return moved, metrics


def _weight_gradient(problem, state, batch, key, progress):
    """As `_gradient_of_paths`, on images of one of the method's resolutions."""
    sizes = problem.method.resolutions
    if not sizes:
        return _gradient_of_paths(problem, state, batch, key, progress)

    def at(size):
        resized = dataclasses.replace(problem, inputs=lambda batch: _resized(problem.inputs(batch), size))
        return lambda: _gradient_of_paths(resized, state, batch, key, progress)

    drawn = jax.random.randint(stream(key, "resolution"), (), 0, len(sizes))
    return jax.lax.switch(drawn, [at(size) for size in sizes])


def _resized(images: jax.Array, size: int) -> jax.Array:
    """Images [N, size, size, channels]."""
    return jax.image.resize(images, (images.shape[0], size, size, images.shape[-1]), "linear")


def _taught(problem: SearchProblem, state: SearchState, batch: Batch) -> SearchProblem:
    """The problem whose loss is the teacher's too, where there is one (knowledge distillation, arXiv:1503.02531)."""
    method = problem.method
    if not method.teach or "teacher" not in state.memory:
        return problem
    mixture = method.expected(state.alpha, progress_of(problem, state))
    # As in the released code of once-for-all the teacher predicts by the statistics of the batch.
    logits = problem.supernet.apply(state.memory["teacher"], problem.inputs(batch), mixture, True)
    target = jax.lax.stop_gradient(jax.nn.softmax(logits, -1))

    def loss(outputs, batch):
        value, told = problem.loss(outputs, batch)
        return value + method.teach * optax.softmax_cross_entropy(outputs, target).mean(), told

    return dataclasses.replace(problem, loss=loss)


def _gradient_of_paths(problem, state, batch, key, progress):
    """(loss and metrics, running statistics, gradient of the weights, mixture) under what the method draws.

    Of several paths the metrics are means, the gradients are added up, and the statistics move with one after the
    other; the mixture is the last one.
    """
    method, draw_key = problem.method, jax.random.split(key)[0]
    problem = _taught(problem, state, batch)

    def of_path(carry, mixture):
        batch_stats, total = carry
        loss = network_loss(problem, state._replace(batch_stats=batch_stats), batch, draw_key)
        mixture = chosen(mixture, state)
        if method.perturb:
            perturb_key = stream(key, "perturbation")
            mixture = method.perturb(lambda m: loss(state.params, m)[0], mixture, perturb_key, progress)
        value_and_grad = jax.value_and_grad(lambda w: loss(w, mixture, mutable=True), has_aux=True)
        (value, (told, batch_stats)), gradient = value_and_grad(state.params)
        total = gradient if total is None else jax.tree.map(jnp.add, total, gradient)
        return (batch_stats, total), ({"loss": value, **told}, mixture)

    start = state.batch_stats, None
    if method.paths is None:
        (batch_stats, gradient), (told, mixture) = of_path(start, method.mixture(state.alpha, draw_key, progress))
        return told, batch_stats, gradient, mixture
    drawn = method.paths(state.alpha, draw_key, progress)
    first, others = (jax.tree.map(lambda leaf, part=part: leaf[part], drawn) for part in (0, slice(1, None)))
    carry, (told, mixture) = of_path(start, first)
    if jax.tree.leaves(others)[0].shape[0]:
        carry, (more, mixtures) = jax.lax.scan(of_path, carry, others)
        told = jax.tree.map(lambda one, values: jnp.mean(jnp.append(values, one)), told, more)
        mixture = jax.tree.map(lambda leaf: leaf[-1], mixtures)
    batch_stats, gradient = carry
    return told, batch_stats, gradient, mixture


def _with_norm(problem, gradient) -> tuple[Any, jax.Array]:
    """The gradient of the weights and its norm, in the form that suits the backend."""
    if joins_arrays(backend_of(problem.backend)):
        return side_by_side(gradient)
    return gradient, optax.tree.norm(gradient)


def _updates(problem, state, memory, gradient, norm):
    """What the optimiser makes of a gradient; nothing for frozen weights, whose gradient counts in no norm either."""
    freeze = problem.method.freeze
    if freeze:
        gradient, norm = _with_norm(problem, freeze.moving(memory["freeze"], gradient))
    optimizer = optax.with_extra_args_support(problem.weight_optimizer)
    updates, weight_opt = optimizer.update(gradient, state.weight_opt, state.params, norm=norm)
    if freeze:
        updates = freeze.moving(memory["freeze"], updates)
    return updates, weight_opt
