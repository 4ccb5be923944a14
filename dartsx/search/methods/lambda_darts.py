"""Lambda-DARTS (arXiv:2210.07998): cells of one type are made to agree on which candidates are good.

All cells of a type share alphas, but the gradient g_l that each cell l sends to the mixture may point elsewhere.
Alignment: Lambda = mean over pairs l < k of cos(g_l, g_k), g_l = d L_train / d (mixture of cell l), of
the normal cells. The weights maximise it: their gradient is d L_train / d w - lambda(t) d Lambda / d w, lambda
growing linearly to 0.125. Since Lambda depends on w through the g_l alone, d Lambda / d w = d/dw (sum_l u_l . g_l)
with u_l = d Lambda / d g_l held fixed: one mixed Hessian-vector product. The released code takes it by finite
differences; here it is exact. Of the paper's two forms this is the first (plain cosine). Mixture, alpha step and
derivation, and all settings are DARTS's.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from dartsx.search.method import LossOfBoth, Method, Mixture, Task
from dartsx.search.schedules import linear


def lambda_darts(base: Method, task: Task, penalty: float, cell_type: str = "normal") -> Method:
    """`base` with aligned layers; see the module's docstring.

    Raises:
      ValueError: the supernet has fewer than two cells of the type.
    """
    cells, weight = task.cells.get(cell_type, 0), linear(0.0, penalty)
    if cells < 2:
        raise ValueError(f"lambda_darts compares {cell_type} cells: needs 2 or more, got {cells}")

    def align(loss, weights, mixture, progress):
        gradient = alignment_gradient(loss, weights, mixture, cell_type, cells)
        return jax.tree.map(lambda g: (-weight(progress) * g).astype(g.dtype), gradient)

    return dataclasses.replace(base, align=align, lazy=False)  # it asks for the gradients of all weights


def alignment(gradients: jax.Array) -> jax.Array:
    """Mean cosine over pairs of rows [cells, n]."""
    unit = gradients / jnp.maximum(jnp.linalg.norm(gradients, axis=1, keepdims=True), 1e-12)
    cells = len(gradients)
    return (jnp.square(unit.sum(0)).sum() - jnp.square(unit).sum()) / (cells * (cells - 1))


def alignment_gradient(loss: LossOfBoth, weights: Any, mixture: Mixture, cell_type: str, cells: int) -> Any:
    """d Lambda / d w; `loss` must take a mixture of its own for every cell of the type, [cells, edges, primitives]."""
    rows = jnp.broadcast_to(mixture[cell_type], (cells, *mixture[cell_type].shape[-2:]))

    # With respect to both, so that no custom reverse rule is met by the forward derivative.
    def gradients(w, r):
        return jax.grad(lambda w, r: loss(w, {**mixture, cell_type: r}), (0, 1))(w, r)

    of_rows = jax.grad(lambda r: loss(weights, {**mixture, cell_type: r}))(rows)
    along = jax.grad(lambda g: alignment(g.reshape(cells, -1)))(of_rows)
    still = jax.tree.map(jnp.zeros_like, weights)
    _, (change, _) = jax.jvp(gradients, (weights, rows), (still, along))
    return change
