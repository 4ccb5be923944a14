"""Random search with weight sharing (arXiv:1902.07638): every step trains the weights of one cell drawn uniformly.

Mixture: one-hot on every edge, drawn anew in every step. Hypergradient: none; alphas stay zero, the validation batch is
only looked at. Derivation: not from alphas, but by comparing drawn cells on validation images; see
`dartsx.strategies.random_sharing`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from dartsx.search.hypergradient import Bilevel, Inner, Result, Tree
from dartsx.search.method import Alpha, Method
from dartsx.search.methods.darts import strength


def draw(alpha: Alpha, key: jax.Array, progress: jax.Array) -> dict[str, jax.Array]:
    """One-hot rows, each column as likely, float32 of the alphas' shapes."""
    del progress
    keys = jax.random.split(key, len(alpha))
    return {
        name: jax.nn.one_hot(jax.random.randint(k, rows.shape[:1], 0, rows.shape[1]), rows.shape[1])
        for k, (name, rows) in zip(keys, sorted(alpha.items()), strict=True)
    }


def none(problem: Bilevel, weights: Tree, alpha: Alpha, inner: Inner) -> Result:
    """No gradient; one forward pass on the validation batch, for the log."""
    del inner
    loss, auxiliary = problem.valid(weights, alpha)
    return Result(jax.tree.map(jnp.zeros_like, alpha), loss, auxiliary)


def random_sharing() -> Method:
    """The method, without its derivation."""

    def discretize(space, strengths):
        raise NotImplementedError("random search with weight sharing compares cells by the supernet, not by alphas")

    return Method(
        name="random search, shared weights",
        init=lambda key, shapes: {name: jnp.zeros(shape) for name, shape in shapes.items()},
        mixture=draw,
        hypergradient=none,
        strength=strength,
        discretize=discretize,
        one_shot=True,
        lazy=True,
    )
