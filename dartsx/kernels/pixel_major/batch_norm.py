"""Batch normalisation with scale and bias of [..., C] by all axes but the last, with a lean derivative.

The reverse rule keeps the input and its statistics only (arXiv:1502.03167).
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import EPSILON, inverse_deviation, moments, widen


def _mean(x: jax.Array) -> jax.Array:
    return jnp.mean(x, tuple(range(x.ndim - 1)))


def _moments(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and biased variance [C] of x [..., C]."""
    return moments(widen(x).reshape(-1, x.shape[-1]).T, (1,))


@functools.partial(jax.custom_vjp, nondiff_argnums=(3,))
def batch_norm(
    x: jax.Array, scale: jax.Array, bias: jax.Array, epsilon: float = EPSILON
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Normalises x [..., C] by its own statistics, times scale [C] plus bias [C].

    Returns:
      The result in x's dtype, mean and biased variance [C] in float32 or wider (no gradient flows through these two).
    """
    return _forward(x, scale, bias, epsilon)[0]


def _forward(x, scale, bias, epsilon):
    mean, variance = _moments(x)
    inverse = inverse_deviation(variance, epsilon)
    return (affine(x, mean, inverse, scale, bias), mean, variance), (x, mean, inverse, scale)


def affine(x: jax.Array, mean: jax.Array, inverse: jax.Array, scale: jax.Array, bias: jax.Array) -> jax.Array:
    """(x - mean) * inverse * scale + bias in x's dtype."""
    return ((widen(x) - mean) * (inverse * scale) + bias).astype(x.dtype)


def _backward(epsilon, residuals, cotangents):
    x, mean, inverse, scale = residuals
    gradient = widen(cotangents[0])
    y = (widen(x) - mean) * inverse
    average, along = _mean(gradient), _mean(gradient * y)
    count = math.prod(x.shape[:-1])
    grad_x = (scale * inverse) * (gradient - average - y * along)
    return grad_x.astype(x.dtype), (count * along).astype(scale.dtype), (count * average).astype(scale.dtype)


batch_norm.defvjp(_forward, _backward)
