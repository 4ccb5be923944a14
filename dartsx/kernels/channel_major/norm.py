"""Batch normalisation in channel-major layout, alone and inside a weighted sum, with lean derivatives.

Arrays are [..., C, N, H, W]: statistics are taken over batch and space, in float32 or wider, separately
for every index before them. The hand-written derivatives keep the raw input and its statistics only, where
automatic differentiation would keep several arrays of the input's size. Both are reverse rules: for a forward
derivative of a gradient (hypergradient ``exact``) differentiate with respect to weights and alphas together,
so that every rule is resolved by the inner gradient.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.moments import inverse_deviation, moments, sample_count, widen

AXES = (-3, -2, -1)


def spread(per_channel: jax.Array) -> jax.Array:
    """[..., C] -> [..., C, 1, 1, 1]."""
    last = per_channel.ndim
    return lax.expand_dims(per_channel, (last, last + 1, last + 2))


def _mean(x: jax.Array) -> jax.Array:
    return jnp.mean(widen(x), AXES)


# -------------------------------------------------------------------------------------- normalise
@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def normalize(x: jax.Array, relu: bool = False) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Normalises x [..., C, N, H, W] by its own statistics, then optionally applies ReLU.

    Returns:
      The result in x's dtype, and mean and biased variance [..., C]; no gradient flows through the latter two.
    """
    return _normalize_fwd(x, relu)[0]


def _normalize_fwd(x, relu):
    mean, variance = moments(x, AXES)
    inverse = inverse_deviation(variance)
    y = (widen(x) - spread(mean)) * spread(inverse)
    y = (jnp.maximum(y, 0) if relu else y).astype(x.dtype)
    return (y, mean, variance), (x, mean, inverse)


def _normalize_bwd(relu, residuals, cotangents):
    x, mean, inverse = residuals
    gradient = widen(cotangents[0])
    y = (widen(x) - spread(mean)) * spread(inverse)
    if relu:
        gradient = jnp.where(y > 0, gradient, 0)
    along = spread(_mean(gradient)) + y * spread(_mean(gradient * y))
    return ((spread(inverse) * (gradient - along)).astype(x.dtype),)


normalize.defvjp(_normalize_fwd, _normalize_bwd)


def affine(x: jax.Array, scale: jax.Array, bias: jax.Array) -> jax.Array:
    """x [..., C, N, H, W] * scale [..., C] + bias [..., C] in x's dtype."""
    return (x * spread(scale) + spread(bias)).astype(x.dtype)


def batch_norm(x: jax.Array, scale: jax.Array, bias: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """`normalize`, then `affine`: the result, mean and biased variance."""
    y, mean, variance = normalize(x)
    return affine(y, scale, bias), mean, variance


# ------------------------------------------------------------------------- normalise inside a sum
@jax.custom_vjp
def normalized_sum(weight: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """sum over b and g of weight[b, g, t] * normalize(x[b, g, t]).

    Args:
      weight: [B, G, T], mixture weight of branch b from source g to target t.
      x: [B, G, T, C, N, H, W], raw branch outputs.

    Returns:
      The sum [T, C, N, H, W] in x's dtype, and mean and biased variance [B, G, T, C] (no gradient through them).
    """
    return _normalized_sum_fwd(weight, x)[0]


def _normalized_sum_fwd(weight, x):
    mean, variance = moments(x, AXES)
    inverse = inverse_deviation(variance)
    return (scaled_sum(weight, x, mean, inverse), mean, variance), (weight, x, mean, inverse)


def scaled_sum(weight: jax.Array, x: jax.Array, mean: jax.Array, inverse: jax.Array) -> jax.Array:
    """sum over b, g of weight * (x - mean) * inverse, as one scale per channel and one shift of the sum."""
    scale = weight[..., None] * inverse
    shift = -jnp.sum(scale * mean, (0, 1))
    pairs = [(b, g) for b in range(x.shape[0]) for g in range(x.shape[1])]
    terms = (widen(x[pair]) * spread(scale[pair]) for pair in pairs)
    return (functools.reduce(jnp.add, terms) + spread(shift)).astype(x.dtype)


def _normalized_sum_bwd(residuals, cotangents):
    weight, x, mean, inverse = residuals
    gradient = widen(cotangents[0])
    y = (widen(x) - spread(mean)) * spread(inverse)
    covariance = _mean(gradient * y)
    scale = weight[..., None] * inverse
    grad_x = spread(scale) * (gradient - spread(_mean(gradient)) - y * spread(covariance))
    grad_weight = sample_count(gradient, AXES) * jnp.sum(covariance, -1)
    return grad_weight.astype(weight.dtype), grad_x.astype(x.dtype)


normalized_sum.defvjp(_normalized_sum_fwd, _normalized_sum_bwd)
