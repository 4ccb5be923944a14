"""Batch normalisation of arrays [N, H, W, ...], alone and inside the weighted sum of a block, with lean derivatives.

The same rules as `channel_major.norm`: they keep raw inputs and statistics only, and are reverse rules, so that for a
forward derivative of a gradient weights and alphas have to be differentiated together.

The mixture is applied inside the norm's derivative. With h the normalised branch, g the gradient of the sum and means
over batch and space,

    sum = weight * h,    d weight = n mean(g h),    d y = weight / deviation * (g - mean(g) - h mean(g h))

so that neither h nor weight * h is ever stored.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.norm import inverse_deviation
from dartsx.kernels.pixel_major.moments import moments, sample_count, totals, widen

Moments = tuple[jax.Array, jax.Array]


# -------------------------------------------------------------------------------------- normalise
@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def normalize(x: jax.Array, relu: bool = False) -> tuple[jax.Array, Moments]:
    """Normalises x [N, H, W, ...] by its own statistics, then optionally applies ReLU.

    Returns:
      The result in x's dtype, and mean and biased variance [...]; no gradient flows through the latter two.
    """
    return _normalize_forward(x, relu)[0]


def _normalize_forward(x, relu):
    ((mean, variance),) = moments([x])
    inverse = inverse_deviation(variance)
    y = (widen(x) - mean) * inverse
    y = (jnp.maximum(y, 0) if relu else y).astype(x.dtype)
    return (y, (mean, variance)), (x, mean, inverse)


def _normalize_backward(relu, residuals, cotangents):
    x, mean, inverse = residuals
    gradient, y = widen(cotangents[0]), (widen(x) - mean) * inverse
    if relu:
        gradient = jnp.where(y > 0, gradient, 0)
    total, along = (s / sample_count(x) for s in totals([gradient, gradient * y]))
    return ((inverse * (gradient - total - y * along)).astype(x.dtype),)


normalize.defvjp(_normalize_forward, _normalize_backward)


# ------------------------------------------------------------------------- normalise inside a sum
@jax.custom_vjp
def normalized_sum(weights: Sequence[jax.Array], arrays: Sequence[jax.Array]) -> tuple[jax.Array, list[Moments]]:
    """sum over all arrays, sources g and branches b of weight[g, b, t] * normalize(y[g, b, t]).

    Args:
      weights: for each array [G, B, T].
      arrays: raw branches [N, H, W, G, B, T, C], or with 1 in place of T where all targets share them.

    Returns:
      The sum [N, H, W, T, C] in the arrays' dtype; mean and biased variance [G, B, T or 1, C] of every array, through
      which no gradient flows.
    """
    return _sum_forward(weights, arrays)[0]


def _sum_forward(weights, arrays):
    found = moments(arrays)
    inverses = [inverse_deviation(variance) for _, variance in found]
    means = [mean for mean, _ in found]
    return (scaled_sum(weights, arrays, means, inverses), found), (weights, arrays, means, inverses)


def scaled_sum(weights, arrays, means, inverses) -> jax.Array:
    """The sum for given statistics: one scale for each branch, and one shift for all of them."""
    terms, shift = [], 0
    for weight, y, mean, inverse in zip(weights, arrays, means, inverses, strict=True):
        scale = weight[..., None] * inverse
        shift = shift - jnp.sum(scale * mean, (0, 1))
        sources, branches = y.shape[3:5]
        terms += [widen(y[:, :, :, g, b]) * scale[g, b] for g in range(sources) for b in range(branches)]
    return (functools.reduce(jnp.add, terms) + shift).astype(arrays[0].dtype)


def _sum_backward(residuals, cotangents):
    weights, arrays, means, inverses = residuals
    given = widen(cotangents[0])[:, :, :, None, None]  # [N, H, W, 1, 1, T, C]
    count = sample_count(given)
    normalised = [(widen(y) - m) * i for y, m, i in zip(arrays, means, inverses, strict=True)]
    total, *along = (s / count for s in totals([given, *(given * h for h in normalised)]))
    to_weights = [(count * jnp.sum(a, -1)).astype(w.dtype) for a, w in zip(along, weights, strict=True)]
    to_arrays = []
    for weight, y, h, inverse, a in zip(weights, arrays, normalised, inverses, along, strict=True):
        scale = weight[..., None]
        if y.shape[5] == weight.shape[2]:
            gradient = (scale * inverse) * (given - total - h * a)
        else:
            own = (lax.slice_in_dim(given, t, t + 1, axis=5) * scale[:, :, t : t + 1] for t in range(weight.shape[2]))
            summed = functools.reduce(jnp.add, own)
            gradient = inverse * (summed - _over_targets(scale * total) - h * _over_targets(scale * a))
        to_arrays.append(gradient.astype(y.dtype))
    return to_weights, to_arrays


def _over_targets(x: jax.Array) -> jax.Array:
    return jnp.sum(x, 2, keepdims=True)


normalized_sum.defvjp(_sum_forward, _sum_backward)
