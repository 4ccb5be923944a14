"""Batch normalisation of arrays [N, H, W, ...], alone and inside the weighted sum of a block, with lean derivatives.

The same rules as `channel_major.norm`: they keep raw inputs and statistics only, and are reverse rules, so that for a
forward derivative of a gradient weights and alphas have to be differentiated together.

The mixture is applied inside the norm's derivative. With h = (y - mean) / deviation the normalised branch, g the
gradient of the sum, and averages over batch and space,

    sum = weight h,    d weight = n avg(g h),    d y = weight / deviation (g - avg(g) - h avg(g h))

Both are written in the raw y, as multiples of g and y with one factor and one shift for each channel: neither h nor
weight h is stored, and sums over y itself serve all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import inverse_deviation, sample_count, widen
from dartsx.kernels.pixel_major.totals import AXES, moments, totals

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
    gradient, raw = widen(cotangents[0]), widen(x)
    if relu:
        gradient = jnp.where(raw > mean, gradient, 0)
    total, along = totals([gradient, gradient * raw])
    of_x, shift = _slopes(total, along, mean, inverse, sample_count(x, AXES))
    return ((inverse * (gradient + of_x * raw + shift)).astype(x.dtype),)


def _slopes(total, along, mean, inverse, count) -> tuple[jax.Array, jax.Array]:
    """(a, b) with g - avg(g) - h avg(g h) = g + a y + b, from the sums of g and of g y."""
    covariance = _covariance(total, along, mean, inverse, count)
    return -inverse * covariance, mean * inverse * covariance - total / count


def _covariance(total, along, mean, inverse, count) -> jax.Array:
    """avg(g h) from the sums of g and of g y."""
    return inverse * (along - mean * total) / count


normalize.defvjp(_normalize_forward, _normalize_backward)


# ------------------------------------------------------------------------- normalise inside a sum
class Terms(NamedTuple):
    """What is summed into the targets of a block.

    Attributes:
      weights: weights [G, B, T] of each array.
      arrays: branches [N, H, W, G, B, T, C], or with 1 in place of T where all targets share them.
    """

    weights: tuple[jax.Array, ...]
    arrays: tuple[jax.Array, ...]


@jax.custom_vjp
def normalized_sum(normed: Terms, plain: Terms) -> tuple[tuple[jax.Array, ...], tuple[Moments, ...]]:
    """sum over all arrays, sources g and branches b of weight[g, b, t] * y[g, b, t], for every target t.

    Args:
      normed: branches that are normalised first.
      plain: branches that are not.

    Returns:
      For each of the T targets the sum [N, H, W, C] in the arrays' dtype; mean and biased variance [G, B, T or 1, C] of
      every array of `normed`, through which no gradient flows.
    """
    return _sum_forward(normed, plain)[0]


def _sum_forward(normed, plain):
    found = tuple(moments(normed.arrays)) if normed.arrays else ()
    means = tuple(mean for mean, _ in found)
    inverses = tuple(inverse_deviation(variance) for _, variance in found)
    return (scaled_sum(normed, plain, means, inverses), found), (normed, plain, means, inverses)


def scaled_sum(normed: Terms, plain: Terms, means, inverses) -> tuple[jax.Array, ...]:
    """The sums for given statistics: one scale for each branch, and one shift for all of them."""
    scales = [weight[..., None] * inverse for weight, inverse in zip(normed.weights, inverses, strict=True)]
    shift = sum(-jnp.sum(scale * mean, (0, 1)) for scale, mean in zip(scales, means, strict=True))
    scales += [weight[..., None] for weight in plain.weights]
    arrays = (*normed.arrays, *plain.arrays)
    targets = (*normed.weights, *plain.weights)[0].shape[2]
    sums = []
    for t in range(targets):
        terms = [shift[t]] if normed.arrays else []
        for scale, y in zip(scales, arrays, strict=True):
            of_target = y[:, :, :, :, :, t if y.shape[5] > 1 else 0]
            pairs = [(g, b) for g in range(y.shape[3]) for b in range(y.shape[4])]
            terms += [widen(of_target[:, :, :, g, b]) * scale[g, b, t] for g, b in pairs]
        sums.append(functools.reduce(jnp.add, terms).astype(arrays[0].dtype))
    return tuple(sums)


def _sum_backward(residuals, cotangents):
    normed, plain, means, inverses = residuals
    given = widen(jnp.stack(cotangents[0], 3))[:, :, :, None, None]  # [N, H, W, 1, 1, T, C]
    targets = [widen(of_target) for of_target in cotangents[0]]
    count = sample_count(given, AXES)
    arrays = (*normed.arrays, *plain.arrays)
    total, *along = totals([given[:, :, :, 0, 0], *(given * widen(y) for y in arrays)])
    to_weights, to_arrays = [], []
    for weight, y, mean, inverse, raw in zip(*normed, means, inverses, along, strict=False):
        covariance = _covariance(total, raw, mean, inverse, count)
        of_y, shift = _slopes(total, raw, mean, inverse, count)
        scale = weight[..., None] * inverse
        gradient = _to_branches(targets, scale, y.shape[5]) + _of(scale * of_y, y) * widen(y) + _of(scale * shift, y)
        to_weights.append((count * jnp.sum(covariance, -1)).astype(weight.dtype))
        to_arrays.append(gradient.astype(y.dtype))
    to_plain = [
        _to_branches(targets, jnp.broadcast_to(weight[..., None], raw.shape), y.shape[5]).astype(y.dtype)
        for weight, y, raw in zip(*plain, along[len(normed.arrays) :], strict=True)
    ]
    plain_weights = [
        jnp.sum(raw, -1).astype(weight.dtype)
        for weight, raw in zip(plain.weights, along[len(normed.arrays) :], strict=True)
    ]
    return Terms(tuple(to_weights), tuple(to_arrays)), Terms(tuple(plain_weights), tuple(to_plain))


def _to_branches(targets: Sequence[jax.Array], scale: jax.Array, own: int) -> jax.Array:
    """scale [G, B, T, C] times the targets' gradients: [N, H, W, G, B, T, C], or summed over T if `own` is 1."""
    terms = [given[:, :, :, None, None] * scale[:, :, t] for t, given in enumerate(targets)]
    return jnp.stack(terms, 5) if own > 1 else functools.reduce(jnp.add, terms)[:, :, :, :, :, None]


def _of(x: jax.Array, y: jax.Array) -> jax.Array:
    """[G, B, T, C], summed over T where all targets share the branch y."""
    return x if y.shape[5] > 1 else jnp.sum(x, 2, keepdims=True)


normalized_sum.defvjp(_sum_forward, _sum_backward)
