"""Extreme eigenvalues of a symmetric operator by the Lanczos process (Golub, Van Loan: Matrix Computations, 10.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp


class Extremes(NamedTuple):
    """Largest and smallest Ritz value, scalars."""

    largest: jax.Array
    smallest: jax.Array

    @property
    def dominant(self) -> jax.Array:
        """The one of larger magnitude, with its sign."""
        return jnp.where(jnp.abs(self.largest) >= jnp.abs(self.smallest), self.largest, self.smallest)


def extreme_eigenvalues(
    operator: Callable[[jax.Array], jax.Array], start: jax.Array, iterations: int
) -> Extremes:
    """Largest and smallest eigenvalue of a symmetric operator, from below and above.

    Every new direction is made orthogonal to all before it, twice: without that, rounding brings copies of the same
    eigenvalue. With as many iterations as dimensions the values are exact to rounding; where the process ends early
    (the start lies in an invariant subspace) what is left adds zeros outside the extremes' span and is masked.

    Args:
      operator: vector [n] -> vector [n].
      start: [n], not zero; a random one has a share of every eigenvector.
      iterations: products with the operator, at most n of which are used.
    """
    count, size = min(iterations, start.size), start.size
    basis = jnp.zeros((count + 1, size), start.dtype).at[0].set(start / jnp.linalg.norm(start))

    def body(basis, k):
        image = operator(basis[k])
        diagonal = basis[k] @ image
        rest = image
        for _ in range(2):
            rest = rest - basis.T @ (basis @ rest)
        norm = jnp.linalg.norm(rest)
        alive = norm > 10 * jnp.finfo(start.dtype).eps * jnp.linalg.norm(image)
        direction = jnp.where(alive, rest / jnp.where(alive, norm, 1), 0)
        return basis.at[k + 1].set(direction), (diagonal, jnp.where(alive, norm, 0))

    _, (diagonal, beside) = jax.lax.scan(body, basis, jnp.arange(count))
    used = jnp.concatenate([jnp.ones(1, bool), jnp.cumprod(beside[:-1] > 0).astype(bool)])
    matrix = jnp.diag(diagonal) + jnp.diag(beside[:-1], 1) + jnp.diag(beside[:-1], -1)
    # Rows after an early end become copies of the first Rayleigh quotient, which lies between the extremes.
    matrix = jnp.where(used[:, None] & used[None], matrix, jnp.diag(jnp.full(count, diagonal[0])))
    values = jnp.linalg.eigvalsh(matrix)
    return Extremes(values[-1], values[0])
