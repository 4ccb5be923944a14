"""Zero-cost proxies: scores of networks with initial weights, from one batch (arXiv:2101.08134).

With weights w (kernels and matrices; norms and biases do not count), a loss L, its gradient g, and layers l:

| proxy | formula | source |
|---|---|---|
| `gradient_norm` | sum over l of the norm of g_l | arXiv:2101.08134 |
| `snip` | sum of abs(w g) | arXiv:1810.02340 |
| `grasp` | minus the sum of w (H g), H the Hessian of L | arXiv:2002.07376 |
| `fisher` | sum over l and channels of n_l / 2 mean over images of (sum over pixels of a dL/da)^2 | arXiv:1906.04113 |
| `synflow` | sum of w dR/dw at abs(w), R the sum of all outputs for an input of ones | arXiv:2006.05467 |
| `jacobian_covariance` | minus the sum of log(v + k) + 1 / (v + k) | arXiv:2006.04647v1 |
| `naswot` | log abs det K, K_ij the number of ReLUs that are on or off for both images i and j | arXiv:2006.04647v3 |
| `zen` | log of abs(f(x + 0.01 e) - f(x)), plus the sum over norms of log sqrt mean variance | arXiv:2102.01063 |

a are the outputs of a layer and n_l the weights of one of its filters; v are the eigenvalues of the correlations
between the images' Jacobians, k = 1e-5; f are the features before the last average, for normal weights and normal
inputs x and e, whose absolute difference is summed over features and averaged over inputs. Larger is better, in the
direction in which the sources use them.

Where papers and released code differ, these follow the code, from which the published correlations come. That of
arXiv:2101.08134 adds the norms of the layers' gradients, does not take the norm of all; it counts the Fisher
information of a channel once for each weight of its filter; it gives GraSP the sign by which it correlates with
accuracy, the opposite of that by which weights are pruned. That of arXiv:2102.01063 sums absolute differences, not
squares, and its networks lack their residual connections, which cells cannot do without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Params = Any
Loss = Callable[[Params], jax.Array]
Outputs = Callable[[Params, jax.Array], jax.Array]
K = 1e-5
STEP = 0.01


class Codes(NamedTuple):
    """Which ReLUs of a layer are on, bool [batch, ...], and the weight with which the layer exists, 0 or 1."""

    on: jax.Array
    exists: jax.Array | float = 1.0


class Variances(NamedTuple):
    """Variances of a batch norm's input, [channels], and the weight with which the norm exists, 0 or 1."""

    values: jax.Array
    exists: jax.Array | float = 1.0


def gradient_norm(gradient: Params) -> jax.Array:
    """Euclidean norms of the gradients of all layers, added; a layer is a leaf."""
    return sum(jnp.linalg.norm(leaf.reshape(-1)) for leaf in jax.tree.leaves(gradient) if leaf.ndim > 1)


def snip(params: Params, gradient: Params) -> jax.Array:
    """How much the loss depends on whether weights are there: its first-order change, in magnitude."""
    return _total(jax.tree.map(lambda w, g: jnp.abs(w * g), params, gradient))


def grasp(loss: Loss, params: Params, gradient: Params) -> jax.Array:
    """How much the weights add to the norm of the gradient, to first order, with the sign of arXiv:2101.08134."""
    _, product = jax.jvp(jax.grad(loss), (params,), (_weights_only(gradient),))
    return -_total(jax.tree.map(jnp.multiply, params, product))


def fisher(loss: Callable[[Mapping[str, jax.Array]], jax.Array], shapes: Mapping[str, tuple[int, int, int]]):
    """How much the loss depends on whether channels are there, to second order, by the empirical Fisher information.

    Args:
      loss: by layer factors [batch, channels] of its outputs -> loss. Its derivative by a factor at 1 is the sum over
        pixels of a dL/da.
      shapes: by layer the number of images, of channels, and of weights in one filter.
    """
    ones = {name: jnp.ones((batch, channels)) for name, (batch, channels, _) in shapes.items()}
    by_layer = jax.grad(loss)(ones)
    return sum(weights / 2 * jnp.square(by_layer[name]).mean(0).sum() for name, (*_, weights) in shapes.items())


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


def naswot(codes: Sequence[Codes]) -> jax.Array:
    """How differently the ReLUs of all layers respond to different images; minus infinity where two are alike."""
    alike = []
    for on, exists in codes:
        signs = 2.0 * on.reshape(len(on), -1) - 1.0
        alike.append(exists * (signs @ signs.T + signs.shape[1]) / 2)
    return jnp.linalg.slogdet(sum(alike))[1]


def zen(features: jax.Array, moved: jax.Array, variances: Sequence[Variances]) -> jax.Array:
    """How much features change with the input, had their batch norms not scaled them.

    Args:
      features, moved: those of x and of x + 0.01 e, [batch, ...].
      variances: those of the inputs of all batch norms, for x; one whose input does not vary scales nothing.
    """
    change = jnp.abs(moved - features).reshape(len(features), -1).sum(1).mean()
    means = [(values.mean(), exists) for values, exists in variances]
    return jnp.log(change) + sum(exists * 0.5 * jnp.log(jnp.where(mean > 0, mean, 1.0)) for mean, exists in means)


def _weights_only(tree: Params) -> Params:
    return jax.tree.map(lambda leaf: leaf if leaf.ndim > 1 else jnp.zeros_like(leaf), tree)


def _total(tree: Params) -> jax.Array:
    """Sum over the weights: leaves of at least two axes."""
    return sum(leaf.sum() for leaf in jax.tree.leaves(tree) if leaf.ndim > 1)
