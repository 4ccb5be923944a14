"""Hypergradients: d L_valid / d alpha, with or without the dependence of the weights on alpha.

The bilevel problem (DARTS, arXiv:1806.09055, equations 3 and 4) is min over alpha of L_valid(w*(alpha), alpha)
with w* the minimiser of L_train. One virtual step of the weights' own optimiser stands for the minimiser:

    w' = w - eta (m b + d_w L_train(w, alpha) + lambda w)         momentum m, its buffer b, weight decay lambda

    d L_valid(w', alpha) / d alpha = d_alpha L_valid(w', alpha) - eta  d_alpha d_w L_train(w, alpha) v,
                                     v = d_w L_valid(w', alpha)

  first_order        w' = w and no second term.
  finite_difference  the second term as a difference quotient of alpha gradients at w +- r v, r = 0.01 / |v|
                     (equation 8). On a network with ReLU and max pooling this is no approximation of the exact
                     term: the gradient jumps wherever a perturbed weight moves an activation over a kink.
  exact              the second term as a mixed Hessian-vector product: the forward derivative, along v, of the
                     gradient. One forward pass over one reverse pass; no second reverse pass.

The other ones (more than one virtual step, implicit differentiation) stand in `hypergradient_unrolled` and
`hypergradient_implicit`; the table of all in `hypergradients`.

As in the original, the virtual step does not clip the gradient. Batch norm: every pass here normalises by the
statistics of its own batch (so the derivative goes through them), and none moves the running statistics; only the real
weight step does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dartsx.optim import in_one_array, side_by_side

Tree = Any
Loss = Callable[[Tree, Tree], tuple[jax.Array, Any]]  # (weights, alpha) -> (scalar, auxiliary output)

RADIUS = 1e-2


class Inner(NamedTuple):
    """The weights' optimiser at this step: SGD with momentum and L2.

    Attributes:
      rate: learning rate eta.
      momentum: m.
      weight_decay: lambda.
      buffer: momentum buffer b, like the weights.
    """

    rate: jax.Array | float
    momentum: float
    weight_decay: float
    buffer: Tree


class Bilevel(NamedTuple):
    """One architecture step's problem: both losses as functions of (weights, alpha), on fixed batches.

    Attributes:
      train: L_train.
      valid: L_valid.
      shifted_train: (weights, alpha, scalar) -> L_train's value with the scalar added to the network's inputs; spares
        ``exact`` the gradients of the weights, see `alpha_gradient`.
    """

    train: Loss
    valid: Loss
    shifted_train: Callable[[Tree, Tree, jax.Array], jax.Array] | None = None


class Result(NamedTuple):
    """Gradient with respect to alpha, validation loss where it was taken, and the loss's auxiliary output."""

    gradient: Tree
    loss: jax.Array
    auxiliary: Any


Hypergradient = Callable[[Bilevel, Tree, Tree, Inner], Result]


def first_order(problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner) -> Result:
    """d_alpha L_valid at the present weights."""
    del inner
    (loss, auxiliary), gradient = jax.value_and_grad(problem.valid, 1, has_aux=True)(weights, alpha)
    return Result(gradient, loss, auxiliary)


def finite_difference(problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner, radius: float = RADIUS) -> Result:
    """One unrolled step, second term by central differences; `radius` is r |v|, 0.01 in the original."""
    along, direct = _unroll(problem, weights, alpha, inner)
    along, norm = side_by_side(along)
    r = radius / norm

    def alpha_gradient(step):
        perturbed = jax.tree.map(lambda w, v: w + (step * v).astype(w.dtype), weights, along)
        return jax.grad(problem.train, 1, has_aux=True)(perturbed, alpha)[0]

    plus, minus = map(alpha_gradient, in_one_array(r, -r))
    second = jax.tree.map(lambda plus, minus: (plus - minus) / (2 * r), plus, minus)
    return _total(direct, second, inner)


def exact(problem: Bilevel, weights: Tree, alpha: Tree, inner: Inner) -> Result:
    """One unrolled step, second term by a forward derivative of the gradient."""
    along, direct = _unroll(problem, weights, alpha, inner)

    _, second = jax.jvp(lambda w: alpha_gradient(problem, w, alpha), (weights,), (along,))
    return _total(direct, second, inner)


def alpha_gradient(problem: Bilevel, weights: Tree, alpha: Tree) -> Tree:
    """d_alpha L_train, of which a forward derivative by the weights can be taken.

    It cannot be taken of functions with a reverse rule of their own, only of the rule's operations. So the reverse
    derivative must reach every such function: by being taken with respect to the weights too, or to a shift of the
    network's inputs, from which everything follows. What comes out for these is not used.
    """
    if problem.shifted_train is None:
        return train_gradients(problem, weights, alpha)[1]
    return jax.grad(problem.shifted_train, (1, 2))(weights, alpha, jnp.zeros(()))[0]


def train_gradients(problem: Bilevel, weights: Tree, alpha: Tree) -> tuple[Tree, Tree]:
    """d_w and d_alpha of L_train, of which forward derivatives can be taken, see `alpha_gradient`."""
    return jax.grad(problem.train, (0, 1), has_aux=True)(weights, alpha)[0]


def valid_gradients(problem: Bilevel, weights: Tree, alpha: Tree) -> tuple[Tree, Result]:
    """v = d_w L_valid, and the direct term d_alpha L_valid."""
    value_and_grad = jax.value_and_grad(problem.valid, (0, 1), has_aux=True)
    (loss, auxiliary), (along, direct) = value_and_grad(weights, alpha)
    return along, Result(direct, loss, auxiliary)


def virtual_weights(weights: Tree, gradient: Tree, inner: Inner) -> Tree:
    """w': the weights after one step of their optimiser with this gradient of the training loss."""
    rate, momentum = in_one_array(inner.rate, inner.momentum)

    def moved(w, b, g):
        return (w - rate * (momentum * b + g + inner.weight_decay * w)).astype(w.dtype)

    return jax.tree.map(moved, weights, inner.buffer, gradient)


def _unroll(problem, weights, alpha, inner) -> tuple[Tree, Result]:
    """v, and the direct term, both at the virtual weights."""
    gradient, _ = jax.grad(problem.train, has_aux=True)(weights, alpha)
    return valid_gradients(problem, virtual_weights(weights, gradient, inner), alpha)


def _total(direct: Result, second: Tree, inner: Inner) -> Result:
    gradient = jax.tree.map(lambda d, s: (d - inner.rate * s).astype(d.dtype), direct.gradient, second)
    return direct._replace(gradient=gradient)
