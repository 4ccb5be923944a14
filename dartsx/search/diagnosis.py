"""Diagnosis of a search's state: curvature, the error of the hypergradient, the price of deriving.

On one training and one validation batch (the metrics on several), all normalised by the batch:

  eigenvalue        dominant eigenvalue (largest in magnitude) of d^2 L_valid / d alpha^2, by Lanczos over exact
                    Hessian-vector products. Where it grows, DARTS is about to derive poor cells
                    (arXiv:1909.09656, section 4).
  largest_eigenvalue  the largest with its sign.
  hypergradient_cosine, hypergradient_error  between the finite-difference hypergradient g and the exact one h: their
                    cosine, and |g - h| / |h|.
  accuracy_mixed, accuracy_derived, discretization_gap  validation accuracy of the supernet under its mixture without
                    noise, under the one-hot mixture of the derived cell with the same weights, and the difference
                    (arXiv:2108.04392). Losses with other metrics, or none, have these or ``loss`` in its place; the
                    difference is that of the problem's score.

Eigenvalue and hypergradients are taken under the mixture of a search step, drawn once for a whole diagnosis where the
method draws. Compiling costs more than computing, so all comes from three programs: the gradient in weights and alphas,
the forward derivative of the alphas' gradient along both, and the metrics.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree

from dartsx.optim import momentum_buffer
from dartsx.runtime import at_step, jit, stream
from dartsx.search.hypergradient import RADIUS, Bilevel, Inner, alpha_gradient, virtual_weights
from dartsx.search.lanczos import Extremes, extreme_eigenvalues
from dartsx.search.method import Mixture
from dartsx.search.predict import expected_mixture, values_by_batch
from dartsx.search.state import Batch, SearchProblem, SearchState
from dartsx.search.step import loss_of_alpha, shifted

# One program for all leaves of a tree, not one for each of their shapes.
_zeros = jit(functools.partial(jax.tree.map, jnp.zeros_like))
_moved, _norm, _virtual = jit(optax.tree.add_scale), jit(optax.tree.norm), jit(virtual_weights)

ITERATIONS = 20
Diagnose = Callable[[SearchState, Batch, Batch, Mapping[str, jax.Array]], dict[str, float]]


def hessian_extremes(
    loss: Callable[[Any], jax.Array], alpha: Any, key: jax.Array, iterations: int = ITERATIONS
) -> Extremes:
    """Largest and smallest eigenvalue of a loss's Hessian.

    Args:
      loss: alphas -> scalar.
      alpha: pytree of arrays, n numbers together.
      key: draws the start of the Lanczos process.
      iterations: most Hessian-vector products; with n the values are exact.
    """
    point, unravel = ravel_pytree(alpha)
    product = jit(lambda vector: hessian_product(lambda flat: loss(unravel(flat)), point, vector))
    start = jax.random.normal(key, point.shape, point.dtype)
    return extreme_eigenvalues(lambda v: product(jnp.asarray(v, point.dtype)), np.asarray(start), iterations)


def hessian_product(loss: Callable[[jax.Array], jax.Array], point: jax.Array, vector: jax.Array) -> jax.Array:
    """Exact product of the Hessian of ``loss`` at ``point`` [n] with ``vector`` [n]."""
    return jax.jvp(jax.grad(loss), (point,), (vector,))[1]


def make_eigenvalues(problem: SearchProblem, iterations: int = ITERATIONS) -> Callable[[SearchState, Batch], Extremes]:
    """The function (state, validation batch) -> extreme eigenvalues of d^2 L_valid / d alpha^2.

    The mixture is that of a search step, drawn where the method draws: without noise some methods have a one-hot
    mixture, which has no derivatives.
    """
    derivative = _make_derivative(problem)
    return lambda state, valid: _eigenvalues(derivative, state, valid, None, iterations)


def make_diagnosis(problem: SearchProblem, iterations: int = ITERATIONS) -> Diagnose:
    """The function (state, training batch, validation batches, one-hot mixture) -> numbers by name.

    Leaves of the validation batches are [batches, N, ...]: metrics are over all, the rest looks at the first. The
    one-hot mixture is ``space.encode`` of the derived genotype. Compiled on first use.
    """
    gradients, derivative = _make_gradients(problem), _make_derivative(problem)
    mixture = jit(lambda state: expected_mixture(problem, state))
    values = jit(lambda state, mixture, batches: values_by_batch(problem, state, mixture, batches))

    def diagnose(state: SearchState, train: Batch, valid: Batch, one_hot: Mapping[str, jax.Array]):
        first = jax.tree.map(lambda leaf: leaf[0], valid)
        still = _zeros(state.params)  # not None: the program that also serves the hypergradient
        extremes = _eigenvalues(derivative, state, first, still, iterations)
        weights = mixture(state)
        mixed, derived = (
            {name: float(value) for name, value in values(state, m, valid).items()}
            for m in (weights, _derived(weights, one_hot))
        )
        return {
            "eigenvalue": extremes.dominant,
            "largest_eigenvalue": extremes.largest,
            **_hypergradient_error(problem, gradients, derivative, state, train, first),
            **{f"{name}_mixed": mixed[name] for name in _told(mixed)},
            **{f"{name}_derived": derived[name] for name in _told(derived)},
            "discretization_gap": problem.score(mixed) - problem.score(derived),
        }

    return diagnose


def entropies(strengths: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Entropy in nats of every row of weights over its sum, [rows] by group; 0 where all weights are 0."""
    return {name: _entropy(np.asarray(rows, np.float64)) for name, rows in strengths.items()}


def _entropy(rows: np.ndarray) -> np.ndarray:
    totals = rows.sum(-1, keepdims=True)
    shares = np.divide(rows, totals, where=totals > 0, out=np.zeros_like(rows))
    return -(shares * np.log(shares, where=shares > 0, out=np.zeros_like(rows))).sum(-1)


def _make_gradients(problem: SearchProblem):
    """Compiled: (state, weights, batch) -> gradients of the loss in the weights and in alpha."""

    @jit
    def gradients(state: SearchState, weights: Any, batch: Batch):
        return jax.grad(_loss(problem, state, batch), (0, 1), has_aux=True)(weights, state.alpha)[0]

    return gradients


def _make_derivative(problem: SearchProblem):
    """Compiled: (state, batch, direction of the weights or None, of alpha) -> derivative of the alphas' gradient."""

    @jit
    def derivative(state: SearchState, batch: Batch, along_weights: Any, along_alpha: Any):
        loss = _loss(problem, state, batch)
        bilevel = Bilevel(loss, loss, shifted(problem, batch, loss))
        if along_weights is None:
            of_alpha = functools.partial(alpha_gradient, bilevel, state.params)
            return jax.jvp(of_alpha, (state.alpha,), (along_alpha,))[1]
        of_both = functools.partial(alpha_gradient, bilevel)
        return jax.jvp(of_both, (state.params, state.alpha), (along_weights, along_alpha))[1]

    return derivative


def _eigenvalues(derivative, state: SearchState, valid: Batch, still: Any, iterations: int) -> Extremes:
    """Extreme eigenvalues by Hessian-vector products in alpha; `still` is the weights' direction, zeros or None."""
    point, unravel = ravel_pytree(state.alpha)

    def product(vector: np.ndarray) -> np.ndarray:
        along = unravel(jnp.asarray(vector, point.dtype))
        return np.asarray(ravel_pytree(derivative(state, valid, still, along))[0])

    start = np.random.default_rng(int(state.step)).normal(size=point.size)
    return extreme_eigenvalues(product, start, iterations)


def _hypergradient_error(problem, gradients, derivative, state, train: Batch, valid: Batch) -> dict[str, float]:
    """`hypergradient.finite_difference` beside `hypergradient.exact`, which share all but the second term."""
    rate = float(problem.rate(state.step))
    inner = Inner(rate, problem.momentum, problem.weight_decay, momentum_buffer(state.weight_opt))
    virtual = _virtual(state.params, gradients(state, state.params, train)[0], inner)
    along, direct = gradients(state, virtual, valid)
    r = RADIUS / float(_norm(along))
    plus, minus = (gradients(state, _moved(state.params, sign * r, along), train)[1] for sign in (1.0, -1.0))
    second = derivative(state, train, along, _zeros(state.alpha))
    direct, plus, minus, second = (np.asarray(ravel_pytree(part)[0]) for part in (direct, plus, minus, second))
    approximate, reference = direct - rate * (plus - minus) / (2 * r), direct - rate * second
    norms = np.linalg.norm(approximate), np.linalg.norm(reference)
    return {
        "hypergradient_cosine": float(approximate @ reference / (norms[0] * norms[1])),
        "hypergradient_error": float(np.linalg.norm(approximate - reference) / norms[1]),
    }


def _derived(mixture: Mixture, one_hot: Mapping[str, jax.Array]) -> Mixture:
    """The mixture with one-hot rows; edges keep their weights, where they have any."""
    edges = {name: mixture.get(f"{name}/edges", jnp.ones(rows.shape[:1])) for name, rows in one_hot.items()}
    return {**mixture, **{name: rows * edges[name][:, None] for name, rows in one_hot.items()}}


def _loss(problem, state, batch: Batch):
    """`loss_of_alpha` under the mixture of this diagnosis."""
    key = at_step(stream(state.key, "diagnosis"), state.step)
    return loss_of_alpha(problem, state, batch, key, state.step / problem.total_steps)


def _told(values: Mapping[str, float]) -> list[str]:
    """The metrics, or the loss where it has none."""
    return [name for name in values if name != "loss"] or ["loss"]
