"""Sums, means and variances over batch and space of arrays [N, H, W, ...], many arrays in few kernels.

A GPU pays for every reduction, however small. So all sums that are due at one place are taken together: first over the
map of each image (XLA joins the sums of one array, and those of arrays that are read together), then over the images
for all of them in one small array. A reduction of several operands would be one kernel as well, but XLA writes its
operands to memory first, in float32: compiled for an H100 a cell then accesses 3.4 GB instead of 2.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import FEW, sample_count, widen

AXES = (0, 1, 2)


def totals(arrays: Sequence[jax.Array]) -> list[jax.Array]:
    """Sums over the first three axes of every array, in float32 or wider: [N, H, W, ...] -> [...].

    All arrays have the same N.
    """
    of_images = [jnp.sum(widen(x), (1, 2)).reshape(x.shape[0], -1) for x in arrays]
    joined = jnp.sum(jnp.concatenate(of_images, 1), 0)
    ends = [0]
    for x in arrays:
        ends.append(ends[-1] + math.prod(x.shape[3:]))
    return [joined[a:b].reshape(x.shape[3:]) for x, a, b in zip(arrays, ends[:-1], ends[1:], strict=True)]


def moments(arrays: Sequence[jax.Array]) -> list[tuple[jax.Array, jax.Array]]:
    """Mean and biased variance [...] of every array [N, H, W, ...].

    One pass over each. Few samples can lie close together by chance, and the difference of squares would then cancel:
    there a second pass costs little.
    """
    sums = totals([*arrays, *(jnp.square(widen(x)) for x in arrays)])
    found = []
    for x, total, squares in zip(arrays, sums, sums[len(arrays) :], strict=False):
        count = sample_count(x, AXES)
        mean = total / count
        if count <= FEW:
            variance = jnp.mean(jnp.square(widen(x) - mean), (0, 1, 2))
        else:
            variance = jnp.maximum(squares / count - jnp.square(mean), 0)
        found.append((mean, variance))
    return found
