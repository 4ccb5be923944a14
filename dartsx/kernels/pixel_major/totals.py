"""Sums, means and variances over batch and space of arrays [N, H, W, ...], many arrays in few kernels.

A GPU pays for every reduction, however small. So all sums that are due at one place are taken together: first over the
map of each image, in one pass and one kernel for all arrays of a shape, then over the images for all of them in one
small array.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.moments import FEW, sample_count, widen

AXES = (0, 1, 2)


def totals(arrays: Sequence[jax.Array]) -> list[jax.Array]:
    """Sums over the first three axes of every array, in float32 or wider: [N, H, W, ...] -> [...].

    All arrays have the same N, H and W.
    """
    images = arrays[0].shape[0]
    maps = [widen(x).reshape(images, math.prod(x.shape[1:3]), -1) for x in arrays]
    alike: dict[tuple, list[int]] = {}
    for i, x in enumerate(maps):
        alike.setdefault((x.shape, x.dtype), []).append(i)
    of_images: dict[int, jax.Array] = {}
    for members in alike.values():
        of_images |= zip(members, _map_sums(tuple(maps[i] for i in members)), strict=True)
    joined = jnp.sum(jnp.concatenate([of_images[i] for i in range(len(maps))], 1), 0)
    parts = jnp.split(joined, [sum(math.prod(y.shape[3:]) for y in arrays[: i + 1]) for i in range(len(arrays) - 1)])
    return [part.reshape(x.shape[3:]) for part, x in zip(parts, arrays, strict=True)]


@jax.custom_jvp
def _map_sums(maps: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    """Sums over the second axis of arrays [N, P, Q] of one shape and dtype, as one reduction of several operands."""
    zeros = (jnp.zeros((), maps[0].dtype),) * len(maps)
    return tuple(lax.reduce(maps, zeros, lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True)), (1,)))


@_map_sums.defjvp
def _map_sums_jvp(primals, tangents):
    return _map_sums(*primals), tuple(jnp.sum(tangent, 1) for tangent in tangents[0])


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
