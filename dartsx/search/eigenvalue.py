"""The dominant eigenvalue of the Hessian of the validation loss in the alphas (arXiv:1909.09656, section 3)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from dartsx.nn.losses import cross_entropy
from dartsx.runtime import stream
from dartsx.search.step import Batch, SearchProblem, SearchState

ITERATIONS = 20


def dominant_eigenvalue(
    problem: SearchProblem, state: SearchState, batch: Batch, iterations: int = ITERATIONS
) -> jax.Array:
    """The eigenvalue of largest size, by power iteration over exact Hessian-vector products.

    Args:
      problem: of the search.
      state: weights and alphas; batch norm normalises by the batch, as in a search step.
      batch: validation images and labels.
      iterations: products; the start is random, from the stream ``eigenvalue``.

    Returns:
      Scalar, with its sign: the Rayleigh quotient of the last vector.
    """
    progress = state.step / problem.total_steps
    key = stream(state.key, "eigenvalue")

    def loss(params, alpha):
        method = problem.method
        if method.expected:
            mixture = method.expected(alpha, progress)
        else:
            mixture = method.mixture(alpha, key, progress)
        variables = {"params": params, "batch_stats": state.batch_stats}
        return cross_entropy(problem.supernet.apply(variables, batch.images, mixture, True), batch.labels)

    # With respect to both, so that no custom reverse rule is met by the forward derivative.
    gradients = jax.grad(loss, (0, 1))
    still = jax.tree.map(jnp.zeros_like, state.params)

    def product(v):
        return jax.jvp(gradients, (state.params, state.alpha), (still, v))[1][1]

    def iterate(v, _):
        moved = product(v)
        size = optax.tree.norm(moved)
        return jax.tree.map(lambda x: x / jnp.maximum(size, 1e-30), moved), optax.tree.vdot(v, moved)

    start = {name: jax.random.normal(stream(key, name), a.shape, a.dtype) for name, a in state.alpha.items()}
    size = optax.tree.norm(start)
    start = jax.tree.map(lambda x: x / size, start)
    return jax.lax.scan(iterate, start, length=iterations)[1][-1]
