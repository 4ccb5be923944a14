"""Pools of any window, stride and padding on [N, H, W, C], one axis after the other."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.networks.layers import Pool


def pool(x: jax.Array, layer: Pool) -> jax.Array:
    """Maximum or average; [N, H, W, C] -> [N, H', W', C].

    The maximum's gradient goes to the first maximum in row-major order.
    """
    size = x.shape[1:3]
    out, around = layer.output(x.shape[1:])[:2], layer.pads(size)
    fill = -jnp.inf if layer.kind == "max" else 0
    join = _first_larger if layer.kind == "max" else jnp.add
    y = x
    for axis in (1, 0):  # the width first: among equal maxima the upper row, then the left column wins
        steps = (layer.kernel[axis], layer.stride[axis], around[axis][0], out[axis])
        y = _fold(y, axis + 1, *steps, fill, join)
    return y if layer.kind == "max" else y / jnp.asarray(_counts(layer, size, out), x.dtype)


def _first_larger(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.where(a >= b, a, b)


def _fold(x: jax.Array, axis: int, kernel: int, stride: int, before: int, out: int, fill, join) -> jax.Array:
    """Joins the `kernel` values that every one of `out` windows reads along one axis."""
    last = (out - 1) * stride + 1
    config = [(0, 0, 0)] * x.ndim
    config[axis] = (before, last + kernel - 1 - before - x.shape[axis], 0)
    padded = lax.pad(x, jnp.asarray(fill, x.dtype), config)
    taps = (lax.slice_in_dim(padded, t, t + last, stride, axis) for t in range(kernel))
    return functools.reduce(join, taps)


@functools.lru_cache(maxsize=256)
def _counts(layer: Pool, size: tuple[int, int], out: tuple[int, int]) -> np.ndarray:
    """[H', W', 1]: values that every average divides by."""
    if layer.count_padding:
        return np.full((*out, 1), layer.kernel[0] * layer.kernel[1])
    real = []
    for n, k, s, (before, _), o in zip(size, layer.kernel, layer.stride, layer.pads(size), out, strict=True):
        starts = np.arange(o) * s - before
        real.append(np.minimum(starts + k, n) - np.maximum(starts, 0))
    return (real[0][:, None] * real[1])[..., None]


def adaptive_pool(x: jax.Array, size: int) -> jax.Array:
    """Averages over a `size` x `size` grid: part i of n pixels is floor(i n / size) to ceil((i + 1) n / size)."""
    rows, columns = (jnp.asarray(_parts(n, size), x.dtype) for n in x.shape[1:3])
    return jnp.einsum("nhwc,hp,wq->npqc", x, rows, columns)


@functools.lru_cache(maxsize=64)
def _parts(length: int, size: int) -> np.ndarray:
    matrix = np.zeros((length, size))
    for i in range(size):
        matrix[i * length // size : -(-(i + 1) * length // size), i] = 1
    return matrix / matrix.sum(0)
