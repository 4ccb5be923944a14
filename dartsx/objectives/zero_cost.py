"""Zero-cost proxies: scores of networks with initial weights, from one batch (arXiv:2101.08134).

With weights w (kernels and matrices; norms and biases do not count), a loss L and its gradient g:

| proxy | formula | source |
|---|---|---|
| `gradient_norm` | norm of g | arXiv:2101.08134 |
| `snip` | sum of abs(w g) | arXiv:1810.02340 |
| `grasp` | minus the sum of w (H g), H the Hessian of L | arXiv:2002.07376 |
| `synflow` | sum of w dR/dw at abs(w), R the sum of all outputs for an input of ones | arXiv:2006.05467 |
| `jacobian_covariance` | minus the sum of log(v + k) + 1 / (v + k) | arXiv:2006.04647v1 |

v are the eigenvalues of the correlations between the images' Jacobians, k = 1e-5. Larger is better, in the direction
in which the sources use them. The norm is that of the whole gradient, where arXiv:2101.08134 adds those of the layers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Params = Any
Loss = Callable[[Params], jax.Array]
Outputs = Callable[[Params, jax.Array], jax.Array]
K = 1e-5


def gradient_norm(loss: Loss, params: Params) -> jax.Array:
    """Euclidean norm of the gradient."""
    return jnp.sqrt(_total(jax.tree.map(jnp.square, jax.grad(loss)(params))))


def snip(loss: Loss, params: Params) -> jax.Array:
    """How much the loss depends on whether weights are there: its first-order change, in magnitude."""
    return _total(jax.tree.map(lambda w, g: jnp.abs(w * g), params, jax.grad(loss)(params)))


def grasp(loss: Loss, params: Params) -> jax.Array:
    """How much the weights add to the norm of the gradient, to first order, with the sign of arXiv:2101.08134."""
    gradient = jax.grad(loss)
    _, product = jax.jvp(gradient, (params,), (_weights_only(gradient(params)),))
    return -_total(jax.tree.map(jnp.multiply, params, product))


def synflow(outputs: Outputs, params: Params, inputs: jax.Array) -> jax.Array:
    """How much flows through positive weights from an input of ones.

    Args:
      outputs: (params, inputs) -> outputs, without normalisation.
      params: weights.
      inputs: an array of the shape of the input.
    """
    positive = jax.tree.map(jnp.abs, params)
    gradient = jax.grad(lambda params: outputs(params, jnp.ones_like(inputs)).sum())(positive)
    return _total(jax.tree.map(lambda w, g: jnp.abs(w * g), positive, gradient))


def jacobian_covariance(outputs: Outputs, params: Params, inputs: jax.Array) -> jax.Array:
    """How differently the network reacts to changes of different images.

    Args:
      outputs: (params, inputs) -> outputs [batch, classes].
      params: weights.
      inputs: [batch, ...].
    """
    jacobian = jax.grad(lambda inputs: outputs(params, inputs).sum())(inputs).reshape(len(inputs), -1)
    values = jnp.linalg.eigvalsh(jnp.corrcoef(jacobian))
    return -jnp.sum(jnp.log(values + K) + 1 / (values + K))


def _weights_only(tree: Params) -> Params:
    return jax.tree.map(lambda leaf: leaf if leaf.ndim > 1 else jnp.zeros_like(leaf), tree)


def _total(tree: Params) -> jax.Array:
    """Sum over the weights: leaves of at least two axes."""
    return sum(leaf.sum() for leaf in jax.tree.leaves(tree) if leaf.ndim > 1)
