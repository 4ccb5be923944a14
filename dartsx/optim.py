"""Optimisers and schedules of search and retraining, as the original DARTS sets them, from optax."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax


def cosine_per_epoch(peak: float, floor: float, epochs: int, steps_per_epoch: int) -> optax.Schedule:
    """Learning rate floor + (peak - floor) (1 + cos(pi e / epochs)) / 2, constant within epoch e = 0, 1, ...

    As in the original, the floor itself is never reached.
    """

    def schedule(step):
        epoch = step // steps_per_epoch
        return floor + (peak - floor) * (1 + jnp.cos(jnp.pi * epoch / epochs)) / 2

    return schedule


def linear_per_epoch(peak: float, floor: float, epochs: int, steps_per_epoch: int) -> optax.Schedule:
    """Learning rate peak - (peak - floor) e / epochs, constant within epoch e = 0, 1, ..."""
    return lambda step: peak - (peak - floor) * (step // steps_per_epoch) / epochs


def exponential_per_epoch(peak: float, decay: float, steps_per_epoch: int) -> optax.Schedule:
    """Learning rate peak decay^e, constant within epoch e = 0, 1, ... (ImageNet: decay 0.97)."""
    return lambda step: peak * decay ** (step // steps_per_epoch)


def constant(rate: float) -> optax.Schedule:
    """The same learning rate at every step."""
    return lambda step: jnp.full(jnp.shape(step), rate)


def warm_up(schedule: optax.Schedule, epochs: int, steps_per_epoch: int) -> optax.Schedule:
    """Multiplies a schedule by (e + 1) / epochs during its first `epochs` epochs."""
    if not epochs:
        return schedule
    return lambda step: schedule(step) * jnp.minimum((step // steps_per_epoch + 1) / epochs, 1)


def clip_factor(norm: jax.Array, limit: float) -> jax.Array:
    """min(1, limit / (norm + 1e-6)), by which `torch.nn.utils.clip_grad_norm_` scales gradients of a global norm.

    optax's own clipping leaves out the 1e-6, which shows in comparisons at float64.
    """
    return jnp.minimum(1.0, limit / (norm + 1e-6))


def side_by_side(tree: Any) -> tuple[Any, jax.Array]:
    """The arrays of a tree as parts of one array, and their global norm from a single sum.

    On a GPU the norm of every array by itself is a kernel or two, and so is every update; of parts of one array XLA
    makes those of equal shape together. The sum is rounded otherwise than `optax.tree.norm`.
    """
    leaves, structure = jax.tree.flatten(tree)
    joined = jnp.concatenate([leaf.ravel() for leaf in leaves])
    parts = lax.split(joined, [leaf.size for leaf in leaves])
    views = [part.reshape(leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, leaves, strict=True)]
    return structure.unflatten(views), jnp.sqrt(jnp.sum(jnp.square(joined)))


def in_one_array(*numbers: jax.Array | float) -> tuple[jax.Array, ...]:
    """The same numbers, as elements of one array.

    On a GPU XLA makes the updates of weights of equal shape one kernel if they have an array in common, which no single
    number is.
    """
    return tuple(lax.optimization_barrier(jnp.stack([jnp.asarray(number) for number in numbers])))


def sgd(
    rate: optax.Schedule, momentum: float, weight_decay: float, clip: float
) -> optax.GradientTransformationExtraArgs:
    """Clip, add L2, momentum buffer = momentum * buffer + g, step by -rate * buffer.

    The gradient's global norm may be given to `update` as ``norm`` by one who knows it.
    """

    def init(params):
        stepped = optax.ScaleByScheduleState(jnp.zeros((), jnp.int32))
        parts = {"clip": optax.EmptyState(), "decay": optax.EmptyState(), "rate": stepped}
        return parts | {"momentum": optax.TraceState(jax.tree.map(jnp.zeros_like, params))}

    def update(gradient, state, params, *, norm=None, **others):
        del others
        count = state["rate"].count
        norm = optax.tree.norm(gradient) if norm is None else norm
        factor, step = in_one_array(clip_factor(norm, clip), -rate(count))

        def added(g, w, buffer):
            return g * factor.astype(g.dtype) + weight_decay * w + momentum * buffer

        buffer = jax.tree.map(added, gradient, params, momentum_buffer(state))
        moved = {"momentum": optax.TraceState(buffer), "rate": optax.ScaleByScheduleState(count + 1)}
        return jax.tree.map(lambda b: step.astype(b.dtype) * b, buffer), state | moved

    return optax.GradientTransformationExtraArgs(init, update)


class Averaged(NamedTuple):
    """State of `averaged`: the inner optimiser's, the mean of the weights, and the number of steps done."""

    inner: Any
    mean: Any
    step: jax.Array


def averaged(inner: optax.GradientTransformation, first: int) -> optax.GradientTransformation:
    """Keeps the mean of the weights after step `first` and all later ones (averaged SGD, Polyak and Juditsky, 1992).

    Before that the mean is the weights. What the weights themselves do does not change.
    """

    def init(params):
        return Averaged(inner.init(params), params, jnp.zeros((), jnp.int32))

    def update(gradient, state, params):
        updates, inner_state = inner.update(gradient, state.inner, params)
        count = jnp.maximum(state.step - first + 1, 1)
        moved = optax.apply_updates(params, updates)
        mean = jax.tree.map(lambda old, new: old + (new - old) / count.astype(new.dtype), state.mean, moved)
        return updates, Averaged(inner_state, mean, state.step + 1)

    return optax.GradientTransformation(init, update)


def momentum_buffer(state: dict[str, Any]) -> Any:
    """The momentum buffer in the state of `sgd`, like the weights."""
    return state["momentum"].trace


def without_momentum(state: dict[str, Any], params: Any) -> dict[str, Any]:
    """The state of `sgd` as its momentum begins anew at these weights; the schedule of the learning rate goes on."""
    return state | {"momentum": optax.TraceState(jax.tree.map(jnp.zeros_like, params))}


def adam(rate: float, beta1: float, beta2: float, weight_decay: float) -> optax.GradientTransformation:
    """Adam with L2 added to the gradient before the moments (not decoupled), as PyTorch's Adam does."""
    return optax.chain(
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_adam(beta1, beta2, eps=1e-8),
        optax.scale(-rate),
    )
