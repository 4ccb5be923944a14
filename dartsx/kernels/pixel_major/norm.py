"""Batch normalisation of arrays [N, H, W, ...], alone and inside the weighted sum of a block, with lean derivatives.

The same rules as `channel_major.norm`: they keep raw inputs and statistics only, and are reverse rules, so that for a
forward derivative of a gradient weights and alphas have to be differentiated together.

The mixture is applied inside the norm's derivative. With h = (y - mean) / deviation the normalised branch, g the
gradient of the sum, and averages over batch and space,

    sum = weight h,    d weight = n avg(g h),    d y = weight / deviation (g - avg(g) - h avg(g h))

Both are written in the raw y, as multiples of g and y with one factor and one shift for each channel: neither h nor
weight h is stored, and sums over y itself serve all of them.

XLA computes once what a rule and its derivative have in common and keeps it, such as the mask of a ReLU, which costs
more than to compute it again. Barriers part the two.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.moments import inverse_deviation, sample_count, widen
from dartsx.kernels.pixel_major.totals import AXES, moments, rows_of, side_by_side, totals

Moments = tuple[jax.Array, jax.Array]


# -------------------------------------------------------------------------------------- normalise
@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def normalize(parts: tuple[jax.Array, ...], relu: bool = False) -> tuple[jax.Array, Moments]:
    """Normalises maps by their own statistics, then optionally applies ReLU.

    Args:
      parts: one array [N, H, W, ...], or several that stand side by side along the fourth axis.
      relu: apply ReLU.

    Returns:
      The result [N, H, W, ...] in the arrays' dtype, and mean and biased variance [...]; no gradient flows through the
      latter two.
    """
    return _normalize_forward(parts, relu)[0]


def _normalize_forward(parts, relu):
    x = side_by_side(parts, 3)
    mean, variance = (found.reshape(x.shape[3:]) for found in moments([_one_row(x)]))
    inverse = inverse_deviation(variance)
    y = (widen(x) - mean) * inverse
    y = (jnp.maximum(y, 0) if relu else y).astype(x.dtype)
    return (y, (mean, variance)), (parts, mean, inverse)


def _one_row(x: jax.Array) -> jax.Array:
    return x.reshape(*x.shape[:3], 1, 1, -1)


def _normalize_backward(relu, residuals, cotangents):
    parts, mean, inverse = residuals
    parts, gradient = lax.optimization_barrier((parts, cotangents[0]))
    passed, along = _before_relu(relu, widen(side_by_side(parts, 3)) - mean, widen(gradient))
    sums = totals([_one_row(passed), _one_row(along)]).reshape(2, *mean.shape)
    parts, gradient, averages = lax.optimization_barrier((parts, gradient, tuple(sums / sample_count(gradient, AXES))))
    centred, (average, along) = widen(side_by_side(parts, 3)) - mean, averages
    passed, _ = _before_relu(relu, centred, widen(gradient))
    to_x = (inverse * (passed - average - centred * jnp.square(inverse) * along)).astype(gradient.dtype)
    return (tuple(lax.split(to_x, [part.shape[3] for part in parts], 3)),)


def _before_relu(relu: bool, centred: jax.Array, gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The gradient that the ReLU lets pass, and the same times x - mean.

    By a sign and not by a comparison, whose result XLA would keep as an array.
    """
    if not relu:
        return gradient, gradient * centred
    centred = jnp.maximum(centred, 0)
    return gradient * lax.sign(centred), gradient * centred


normalize.defvjp(_normalize_forward, _normalize_backward)


# ------------------------------------------------------------------------- normalise inside a sum
@jax.custom_vjp
def normalized_sum(
    weights: jax.Array, normed: tuple[jax.Array, ...], plain: tuple[jax.Array, ...]
) -> tuple[tuple[jax.Array, ...], Moments]:
    """sum over the rows r of all arrays of weight[r, t] * y[r, t], for every target t.

    Args:
      weights: [R, T, C], for the rows of all arrays one after the other.
      normed: branches [N, H, W, R', T, C] that are normalised first, or with 1 in place of T where all targets share
        them.
      plain: branches that are not.

    Returns:
      For each of the T targets the sum [N, H, W, C] in the arrays' dtype; mean and biased variance [R, T, C] of the
      rows of `normed`, through which no gradient flows.
    """
    return _sum_forward(weights, normed, plain)[0]


def _sum_forward(weights, normed, plain):
    nothing = jnp.zeros((0, *weights.shape[1:]), weights.dtype)
    mean, variance = moments(normed) if normed else (nothing, nothing)
    inverse = inverse_deviation(variance)
    sums, scale = scaled_sum(weights, (*normed, *plain), mean, inverse)
    return (sums, (mean, variance)), (scale, normed, plain, mean, inverse)


def scaled_sum(
    weights: jax.Array, arrays: tuple[jax.Array, ...], mean: jax.Array, inverse: jax.Array
) -> tuple[tuple[jax.Array, ...], jax.Array]:
    """The sums for given statistics of the first rows: one factor for each branch, and one shift for all of them.

    Returns:
      The sums, and the factors [R, T, C].
    """
    mean, inverse = _of_all_rows(mean, inverse, len(weights))
    scale = weights * inverse
    shift = -jnp.sum(scale * mean, 0, keepdims=True)
    joined = lax.optimization_barrier(jnp.concatenate([scale, shift]))  # a kernel for both
    scale, shift = joined[:-1], joined[-1]
    total = shift
    for rows, y in zip(rows_of(arrays), arrays, strict=True):
        total = total + jnp.sum(widen(y) * scale[rows], 3)
    sums = [total[:, :, :, t].astype(arrays[0].dtype) for t in range(weights.shape[1])]
    return tuple(sums), scale


def _of_all_rows(mean: jax.Array, inverse: jax.Array, rows: int) -> Moments:
    """Mean 0 and deviation 1 for the rows that no norm ends."""
    after = ((0, rows - len(mean)), (0, 0), (0, 0))
    return jnp.pad(mean, after), jnp.pad(inverse, after, constant_values=1)


def _sum_backward(residuals, cotangents):
    scale, normed, plain, mean, inverse = residuals
    targets = [widen(of_target) for of_target in cotangents[0]]
    given = side_by_side([of_target[:, :, :, None, None] for of_target in targets], 4)  # [N, H, W, 1, T, C]
    arrays, count = (*normed, *plain), sample_count(given, AXES)
    sums = totals([given, *(given * widen(row) for y in arrays for row in _rows_apart(y, len(targets)))])
    total, along, norms = sums[0], sums[1:], len(mean)
    mean, inverse = _of_all_rows(mean, inverse, len(scale))
    covariance = inverse * (along - mean * total) / count  # avg(g h)
    of_y = -scale * inverse * covariance
    shift = -of_y * mean - scale * total / count
    to_arrays = []
    for rows, y in zip(rows_of(arrays), arrays, strict=True):
        gradient = _to_branches(targets, scale[rows], y.shape[4])
        if rows.start < norms:
            gradient += _of(of_y[rows], y) * widen(y) + _of(shift[rows], y)
        to_arrays.append(gradient.astype(y.dtype))
    return (count * covariance).astype(scale.dtype), tuple(to_arrays[: len(normed)]), tuple(to_arrays[len(normed) :])


def _rows_apart(y: jax.Array, targets: int) -> list[jax.Array]:
    """The rows of a branch that several targets share, each by itself.

    Of the product of both, [N, H, W, R, T, C], XLA would make sums along the maps, for which it transposes them.
    """
    return [y] if y.shape[4] > 1 or targets == 1 else jnp.split(y, y.shape[3], 3)


def _to_branches(targets: Sequence[jax.Array], scale: jax.Array, own: int) -> jax.Array:
    """scale [R, T, C] times the targets' gradients: [N, H, W, R, T, C], or summed over T if `own` is 1."""
    terms = [given[:, :, :, None] * scale[:, t] for t, given in enumerate(targets)]
    return jnp.stack(terms, 4) if own > 1 else functools.reduce(jnp.add, terms)[:, :, :, :, None]


def _of(x: jax.Array, y: jax.Array) -> jax.Array:
    """[R, T, C], summed over T where all targets share the branch y."""
    return x if y.shape[4] > 1 else jnp.sum(x, 1, keepdims=True)


normalized_sum.defvjp(_sum_forward, _sum_backward)
