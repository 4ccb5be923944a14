"""K virtual steps of the weights' optimiser, differentiated through (arXiv:1806.09055 with more than one step).

    b' = m b + d_w L_train(w, alpha) + lambda w,   w' = w - eta b'        K times, on one training batch

Reverse accumulation by hand: the K weights are kept, and the adjoints of w and b go back through one forward derivative
of the gradient per step. So the memory beyond that of ``exact`` is K copies of the weights, no activations, and the
program does not grow with K. With one step this is ``exact``.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

from dartsx.catalog import HYPERGRADIENTS as DEFAULT_TERMS
from dartsx.search.hypergradient import Bilevel, Inner, Result, Tree, train_gradients, valid_gradients


def unrolled(
    problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner, terms: int = DEFAULT_TERMS["unrolled"]
) -> Result:
    """The exact gradient through `terms` virtual steps; see the module's docstring."""
    eta, momentum, decay = inner.rate, inner.momentum, inner.weight_decay
    gradients = functools.partial(train_gradients, problem)

    def forward(carry, _):
        w, buffer = carry
        gradient = gradients(w, alpha)[0]
        buffer = _map(lambda b, g, w: momentum * b + g + decay * w, buffer, gradient, w)
        return (_map(lambda w, b: w - eta * b, w, buffer), buffer), w

    (last, _), path = jax.lax.scan(forward, (weights, inner.buffer), length=terms)
    along, direct = valid_gradients(problem, last, alpha)
    still = jax.tree.map(jnp.zeros_like, alpha)

    def backward(carry, w):
        of_weights, of_buffer, total = carry
        of_buffer = _map(lambda b, p: b - eta * p, of_buffer, of_weights)
        _, (hessian, mixed) = jax.jvp(gradients, (w, alpha), (of_buffer, still))
        of_weights = _map(lambda p, h, b: p + h + decay * b, of_weights, hessian, of_buffer)
        total = _map(jnp.add, total, mixed)
        return (of_weights, _map(lambda b: momentum * b, of_buffer), total), None

    start = along, jax.tree.map(jnp.zeros_like, along), still
    (*_, total), _ = jax.lax.scan(backward, start, path, reverse=True)
    return direct._replace(gradient=_map(jnp.add, direct.gradient, total))


def _map(function, first: Tree, *rest: Tree) -> Tree:
    """`jax.tree.map` that keeps the dtypes of the first tree."""
    return jax.tree.map(lambda x, *others: function(x, *others).astype(x.dtype), first, *rest)
