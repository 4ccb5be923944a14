"""Implicit hypergradients: the weights are taken to be a minimiser of the training loss.

With T the training loss plus lambda |w|^2 / 2, H its Hessian in w, v = d_w L_valid and M = d_alpha d_w L_train, the
implicit function theorem gives at a minimiser w

    d L_valid / d alpha = d_alpha L_valid - M q,   H q = v.

  neumann             q = gamma sum over k < K of (I - gamma H)^k v, gamma the weights' learning rate (iDARTS,
                      arXiv:2106.10784). Error at most |M| (1 - gamma mu)^K |v| / mu where every
                      eigenvalue of H lies in [mu, 1 / gamma].
  conjugate_gradient  K steps of conjugate gradients from q = 0. Error in the norm of H at most
                      2 ((sqrt(c) - 1) / (sqrt(c) + 1))^K |q|, c the condition number. H of a network is not positive
                      definite: the iteration ends before a direction of no or negative curvature.

Both work at the present weights, after one weight step instead of the paper's T. Its released code has no series; the
default of 3 terms is this project's. One forward derivative of the gradient gives H p and M p together, so K terms cost
K such products, and the loop is compiled once whatever K is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from dartsx.catalog import HYPERGRADIENTS as DEFAULT_TERMS
from dartsx.search.hypergradient import Bilevel, Inner, Result, Tree, train_gradients, valid_gradients


def neumann(
    problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner, terms: int = DEFAULT_TERMS["neumann"]
) -> Result:
    """Neumann series of `terms` terms; see the module's docstring."""
    along, direct = valid_gradients(problem, weights, alpha)
    product = curvature(problem, weights, alpha, inner)

    def term(carry, _):
        p, total = carry
        hessian, mixed = product(p)
        return (_plus(p, -inner.rate, hessian), _plus(total, 1, mixed)), None

    start = along, jax.tree.map(jnp.zeros_like, alpha)
    (_, total), _ = jax.lax.scan(term, start, length=terms)
    return direct._replace(gradient=_plus(direct.gradient, -inner.rate, total))


def conjugate_gradient(
    problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner, terms: int = DEFAULT_TERMS["conjugate_gradient"]
) -> Result:
    """`terms` steps of conjugate gradients; see the module's docstring."""
    along, direct = valid_gradients(problem, weights, alpha)
    product = curvature(problem, weights, alpha, inner)

    # M is linear, so M q is summed over the steps and q itself is never needed.
    def step(carry, _):
        residual, p, squared, total = carry
        hessian, mixed = product(p)
        bend = optax.tree.vdot(p, hessian)
        go = (bend > 0) & (squared > 0)
        size = jnp.where(go, squared / jnp.where(go, bend, 1), 0)
        residual = _plus(residual, -size, hessian)
        after = optax.tree.vdot(residual, residual)
        p = _plus(residual, jnp.where(go, after / jnp.where(go, squared, 1), 0), p)
        # Once it has ended it stays so.
        return (residual, p, jnp.where(go, after, 0), _plus(total, size, mixed)), None

    start = along, along, optax.tree.vdot(along, along), jax.tree.map(jnp.zeros_like, alpha)
    (*_, total), _ = jax.lax.scan(step, start, length=terms)
    return direct._replace(gradient=_plus(direct.gradient, -1, total))


def curvature(problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner) -> Callable[[Tree], tuple[Tree, Tree]]:
    """The function p -> (H p, M p) at these weights and alphas."""
    gradients = functools.partial(train_gradients, problem)
    still = jax.tree.map(jnp.zeros_like, alpha)

    def product(p):
        _, (hessian, mixed) = jax.jvp(gradients, (weights, alpha), (p, still))
        return _plus(hessian, inner.weight_decay, p), mixed

    return product


def _plus(tree: Tree, factor, other: Tree) -> Tree:
    """tree + factor * other, in the dtypes of `tree`."""
    return jax.tree.map(lambda x, y: (x + factor * y).astype(x.dtype), tree, other)
