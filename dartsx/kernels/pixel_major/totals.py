"""Sums, means and variances over batch and space, of many arrays in few kernels.

A GPU pays for every reduction, however small. So all sums that are due at one place are taken together: first over the
map of each image (XLA joins the sums of one array), then over the images for all arrays in one.

Other forms cost more, compiled for an H100. A reduction of several operands would be one kernel, but XLA writes its
operands to memory first, in float32: a cell then accesses 3.4 GB instead of 2.1. So it does, for most widths, with the
arrays side by side in one reduction. The second sum of one or two arrays has so few terms that XLA computes it inside
whatever reads it. For more arrays it is a kernel of its own: inside others it takes longer to compile than all the rest
of a cell, and spills registers.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.moments import FEW, sample_count, widen

AXES = (0, 1, 2)
KERNEL = 32  # terms from which on XLA makes a sum a kernel of its own


def totals(arrays: Sequence[jax.Array]) -> jax.Array:
    """Sums over batch and space of arrays [N, H, W, R', T or 1, C] -> [R, T, C], in float32 or wider.

    The rows R' of all arrays follow one another. All arrays have the same N, H, W and C.
    """
    images = lax.optimization_barrier([_of_images(x) for x in arrays])  # or XLA makes one sum of both
    joined = _joined(images)
    if len(arrays) <= 2:
        return _in_few_terms(joined)
    return jnp.sum(joined if len(joined) >= KERNEL else lax.optimization_barrier(joined), 0)


def _of_images(x: jax.Array) -> jax.Array:
    """Sums over the map of every image."""
    flat = widen(x).reshape(len(x), math.prod(x.shape[1:3]), -1)
    return jnp.sum(flat, 1).reshape(len(x), *x.shape[3:])


def _joined(arrays: Sequence[jax.Array]) -> jax.Array:
    """Concatenates [N, R', T or 1, C] as [N, R, T, C]."""
    targets = max(x.shape[2] for x in arrays)
    return side_by_side([jnp.broadcast_to(x, (*x.shape[:2], targets, x.shape[3])) for x in arrays], 1)


def side_by_side(arrays: Sequence[jax.Array], axis: int) -> jax.Array:
    """Concatenates along one axis by a sum of paddings, which XLA computes inside whatever reads it.

    A concatenation that is read more than once is a kernel, and an array that is written and read.
    """
    if len(arrays) == 1:
        return arrays[0]
    count, placed, first = sum(x.shape[axis] for x in arrays), [], 0
    for x in arrays:
        around = [(0, 0)] * x.ndim
        around[axis] = (first, count - first - x.shape[axis])
        placed.append(jnp.pad(x, around))
        first += x.shape[axis]
    return functools.reduce(jnp.add, placed)


def _in_few_terms(x: jax.Array) -> jax.Array:
    """Sum over the first axis that XLA computes inside whatever reads it.

    Neighbours are added first: they are on one device where the first axis is split over several.
    """
    parts = next((n for n in range(1, 9) if len(x) % n == 0 and len(x) // n < KERNEL), 1)
    return jnp.sum(functools.reduce(jnp.add, jnp.unstack(x.reshape(-1, parts, *x.shape[1:]), axis=1)), 0)


def moments(arrays: Sequence[jax.Array]) -> tuple[jax.Array, jax.Array]:
    """Mean and biased variance [R, T, C] over batch and space of arrays as in `totals`.

    One pass over each. Few samples can lie close together by chance, and the difference of squares would then cancel:
    there a second pass costs little.
    """
    wide, count = [widen(x) for x in arrays], sample_count(arrays[0], AXES)
    if count > FEW:
        squared = [jnp.square(x) for x in wide]
        one = len(arrays) == 1
        mean, squares = (totals(wide), totals(squared)) if one else jnp.split(totals([*wide, *squared]), 2)
        mean = mean / count
        return mean, jnp.maximum(squares / count - jnp.square(mean), 0)
    mean = totals(wide) / count
    means = (mean[rows, : x.shape[4]] for rows, x in zip(rows_of(arrays), wide, strict=True))
    return mean, totals([jnp.square(x - own) for x, own in zip(wide, means, strict=True)]) / count


def rows_of(arrays: Sequence[jax.Array]) -> list[slice]:
    """Where the rows of every array stand among those of all."""
    found, first = [], 0
    for x in arrays:
        found.append(slice(first, first + x.shape[3]))
        first += x.shape[3]
    return found
