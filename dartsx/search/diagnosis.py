"""Diagnosis of a search's state: curvature, the error of the hypergradient, the price of deriving.

On one training and one validation batch (the accuracies on several), all normalised by the batch:

  eigenvalue        dominant eigenvalue (largest in magnitude) of d^2 L_valid / d alpha^2, by Lanczos over exact
                    Hessian-vector products. Where it grows, DARTS is about to derive poor cells
                    (arXiv:1909.09656, section 4).
  largest_eigenvalue  the largest with its sign.
  hypergradient_cosine, hypergradient_error  between the finite-difference hypergradient g and the exact one h: their
                    cosine, and |g - h| / |h|.
  accuracy_mixed, accuracy_derived, discretization_gap  validation accuracy of the supernet under its mixture, under the
                    one-hot mixture of the derived cell with the same weights, and the difference (arXiv:2108.04392).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from dartsx.nn.losses import accuracy, cross_entropy
from dartsx.optim import momentum_buffer
from dartsx.runtime import at_step, stream
from dartsx.search.hypergradient import Bilevel, Inner, exact, finite_difference
from dartsx.search.lanczos import Extremes, extreme_eigenvalues
from dartsx.search.step import Batch, SearchProblem, SearchState
from dartsx.spaces import CELL_TYPES, SKIP, AnyGenotype, Topology

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
    product = jax.jit(lambda vector: hessian_product(lambda flat: loss(unravel(flat)), point, vector))
    start = jax.random.normal(key, point.shape, point.dtype)
    return extreme_eigenvalues(lambda v: product(jnp.asarray(v, point.dtype)), np.asarray(start), iterations)


def hessian_product(loss: Callable[[jax.Array], jax.Array], point: jax.Array, vector: jax.Array) -> jax.Array:
    """Exact product of the Hessian of ``loss`` at ``point`` [n] with ``vector`` [n]."""
    return jax.jvp(jax.grad(loss), (point,), (vector,))[1]


def make_eigenvalues(
    problem: SearchProblem, iterations: int = ITERATIONS
) -> Callable[[SearchState, Batch], Extremes]:
    """The function (state, validation batch) -> extreme eigenvalues of d^2 L_valid / d alpha^2.

    The mixture is that of a search step, drawn where the method draws: without noise some methods have a one-hot
    mixture, which has no derivatives.
    """

    @jax.jit
    def product(state: SearchState, valid: Batch, vector: jax.Array) -> jax.Array:
        point, unravel = ravel_pytree(state.alpha)
        loss = _loss(problem, state, valid)
        return hessian_product(lambda flat: loss(state.params, unravel(flat))[0], point, vector.astype(point.dtype))

    def eigenvalues(state: SearchState, valid: Batch) -> Extremes:
        size = sum(leaf.size for leaf in jax.tree.leaves(state.alpha))
        start = np.random.default_rng(int(state.step)).normal(size=size)
        return extreme_eigenvalues(lambda v: product(state, valid, v), start, iterations)

    return eigenvalues


def make_diagnosis(problem: SearchProblem, iterations: int = ITERATIONS) -> Diagnose:
    """The function (state, training batch, validation batches, one-hot mixture) -> numbers by name.

    Validation images are [batches, N, H, W, channels], labels [batches, N]: accuracies are over all, the rest looks at
    the first. The one-hot mixture is ``space.encode`` of the derived genotype. Compiled on first use.
    """
    eigenvalues = make_eigenvalues(problem, iterations)

    @jax.jit
    def others(state: SearchState, train: Batch, valid: Batch, one_hot: Mapping[str, jax.Array]):
        bilevel = Bilevel(_loss(problem, state, train), _loss(problem, state, _first(valid)))
        mixture = _mixture(problem, state, state.alpha)
        # A mixture may hold more than rows of candidates; deriving changes those only.
        mixed, derived = (_accuracy(problem, state, m, valid) for m in (mixture, {**mixture, **one_hot}))
        return {
            **_hypergradient_error(problem, state, bilevel),
            "accuracy_mixed": mixed,
            "accuracy_derived": derived,
            "discretization_gap": mixed - derived,
        }

    def diagnose(state: SearchState, train: Batch, valid: Batch, one_hot: Mapping[str, jax.Array]):
        extremes = eigenvalues(state, _first(valid))
        values = {name: float(value) for name, value in others(state, train, valid, one_hot).items()}
        return {"eigenvalue": extremes.dominant, "largest_eigenvalue": extremes.largest, **values}

    return diagnose


def entropies(mixture: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Entropy in nats of every edge's mixture, [edges] by cell type."""
    logs = {kind: np.log(rows, where=rows > 0, out=np.zeros_like(rows)) for kind, rows in mixture.items()}
    return {kind: -(rows * logs[kind]).sum(-1) for kind, rows in mixture.items()}


def skip_counts(genotype: AnyGenotype) -> dict[str, int]:
    """Skip connections of a genotype by cell type; a topology has the normal cell only."""
    if isinstance(genotype, Topology):
        return {CELL_TYPES[0]: genotype.count(SKIP)}
    return {kind: sum(edge.primitive == SKIP for edge in genotype.cell(kind).edges) for kind in CELL_TYPES}


def _first(batches: Batch) -> Batch:
    return jax.tree.map(lambda leaf: leaf[0], batches)


def _mixture(problem, state, alpha):
    """The mixture of a search step; a stochastic one is drawn once for a whole diagnosis."""
    key = at_step(stream(state.key, "diagnosis"), state.step)
    return problem.method.mixture(alpha, key, state.step / problem.total_steps)


def _loss(problem, state, batch: Batch):
    """(weights, alpha) -> (loss, None)."""

    def loss(params, alpha):
        logits = _logits(problem, state, params, _mixture(problem, state, alpha), batch)
        return cross_entropy(logits, batch.labels), None

    return loss


def _accuracy(problem, state, mixture, batches: Batch) -> jax.Array:
    """Mean over batches [K, N, ...], one after another."""

    def of_batch(batch):
        return accuracy(_logits(problem, state, state.params, mixture, Batch(*batch)), batch[1])

    return jnp.mean(jax.lax.map(of_batch, tuple(batches)))


def _logits(problem, state, params, mixture, batch: Batch) -> jax.Array:
    variables = {"params": params, "batch_stats": state.batch_stats}
    return problem.supernet.apply(variables, batch.images, mixture, True)


def _hypergradient_error(problem, state, bilevel: Bilevel) -> dict[str, jax.Array]:
    rate = problem.rate(state.step)
    inner = Inner(rate, problem.momentum, problem.weight_decay, momentum_buffer(state.weight_opt))
    approximate, reference = (
        ravel_pytree(kind(bilevel, state.params, state.alpha, inner).gradient)[0] for kind in (finite_difference, exact)
    )
    norms = jnp.linalg.norm(approximate), jnp.linalg.norm(reference)
    return {
        "hypergradient_cosine": approximate @ reference / (norms[0] * norms[1]),
        "hypergradient_error": jnp.linalg.norm(approximate - reference) / norms[1],
    }
