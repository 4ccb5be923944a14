"""SDARTS (arXiv:2002.05283): weights are trained under a perturbed mixture, which flattens the loss around it.

Weight step: min over w of L_train(w, m + delta), |delta|_inf <= epsilon, with delta
  sdarts_rs   uniform (random smoothing),
  sdarts_adv  the worst one: 7 steps of 2 epsilon / 7 along the sign of the gradient from a random start,
              each projected to the ball; given up where it does not raise the loss.
epsilon grows linearly from 0.03 to 0.3. As in the released code the perturbed rows are cut to [0, 1] and scaled back to
their sum; its attack sees batch norms by their running statistics, here by those of the batch. The alpha step and all
settings are DARTS's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp

from dartsx.runtime import stream
from dartsx.search.method import LossOfMixture, Method, Mixture, Task
from dartsx.search.schedules import linear

EPSILON_START = 0.03


def sdarts_rs(base: Method, task: Task, epsilon: float) -> Method:
    """`base` with random smoothing; see the module's docstring."""
    radius, types = linear(EPSILON_START, epsilon), tuple(task.space.alpha_shapes)

    def perturb(loss, mixture, key, progress):
        del loss
        return _on_rows(lambda rows: random_within(rows, key, radius(progress)), mixture, types)

    return dataclasses.replace(base, perturb=perturb)


def sdarts_adv(base: Method, task: Task, epsilon: float, steps: int) -> Method:
    """`base` with adversarial perturbations; see the module's docstring."""
    radius, types = linear(EPSILON_START, epsilon), tuple(task.space.alpha_shapes)

    def perturb(loss, mixture, key, progress):
        def attack(rows):
            return worst_within(lambda r: loss({**mixture, **r}), rows, key, radius(progress), steps)

        return _on_rows(attack, mixture, types)

    return dataclasses.replace(base, perturb=perturb)


def random_within(mixture: Mixture, key: jax.Array, radius) -> dict[str, jax.Array]:
    """The mixture with uniform noise in [-radius, radius] on every entry, put back on the simplex."""
    noisy = {}
    for name, rows in mixture.items():
        noise = jax.random.uniform(stream(key, name), rows.shape, rows.dtype, -1, 1)
        noisy[name] = on_simplex(rows + radius * noise, rows)
    return noisy


def worst_within(loss: LossOfMixture, mixture: Mixture, key: jax.Array, radius, steps: int) -> Mixture:
    """Projected sign-gradient ascent of the loss in a ball around the mixture."""

    def ascend(_, moved):
        gradient = jax.grad(loss)(moved)
        return {
            name: on_simplex(
                jnp.clip(
                    moved[name] + 2 * radius / steps * jnp.sign(gradient[name]),
                    rows - radius,
                    rows + radius,
                ),
                rows,
            )
            for name, rows in mixture.items()
        }

    found = jax.lax.fori_loop(0, steps, ascend, random_within(mixture, key, radius))
    better = loss(found) >= loss(mixture)
    return jax.tree.map(lambda new, old: jnp.where(better, new, old), found, mixture)


def on_simplex(moved: jax.Array, rows: jax.Array) -> jax.Array:
    """`moved` cut to [0, 1] and scaled to the sums of `rows`; a row cut to nothing stays as it was."""
    total = rows.sum(-1, keepdims=True)
    cut = jnp.clip(moved, 0, 1)
    size = cut.sum(-1, keepdims=True)
    return jnp.where(size > 0, cut / jnp.where(size > 0, size, 1) * total, rows).astype(rows.dtype)


def _on_rows(change: Callable[[Mixture], Mixture], mixture: Mixture, types) -> dict[str, jax.Array]:
    """Changes the rows of primitives only, not the weights of edges."""
    return {**mixture, **change({name: mixture[name] for name in types})}
