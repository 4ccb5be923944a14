"""3x3 pools with padding 1 of maps [N, H, W, ...], as the original DARTS defines them.

Output size is ceil(H / stride). The maximum ignores padding (minus infinity); the average divides by the number of real
pixels.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.kernels.moments import widen

SIZE = 3
TAPS = [(i, j) for i in range(SIZE) for j in range(SIZE)]


def _shifted(x: jax.Array, tap: tuple[int, int], stride: int, fill) -> jax.Array:
    """What every window holds at one tap: [N, H', W', ...]."""
    config = [(0, 0, 0), (1, 1, 0), (1, 1, 0)] + [(0, 0, 0)] * (x.ndim - 3)
    padded = lax.pad(x, jnp.asarray(fill, x.dtype), config)
    rows, columns = (slice(t, t + n, stride) for t, n in zip(tap, x.shape[1:3], strict=True))
    return padded[:, rows, columns]


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def max_pool(x: jax.Array, stride: int) -> jax.Array:
    """3x3 maximum; the gradient goes to the first maximum in row-major order."""
    return _max_forward(x, stride)[0]


def _max_forward(x, stride):
    best, winner = None, None
    for number, tap in enumerate(TAPS):
        value = _shifted(x, tap, stride, -jnp.inf)
        if best is None:
            best, winner = value, jnp.zeros(value.shape, jnp.int8)
        else:
            winner = jnp.where(value > best, jnp.int8(number), winner)
            best = jnp.maximum(value, best)
    # An empty array carries the input size to the reverse rule as a static shape.
    return best, (winner, jnp.zeros((*x.shape[1:3], 0), jnp.int8))


def _max_backward(stride, residuals, gradient):
    winner, size = residuals[0], residuals[1].shape[:2]
    # Output o read inputs o * stride + tap - 1: spread the outputs out, then every input looks at nine of them.
    spread = [(0, 0, 0)]
    for given, out in zip(size, gradient.shape[1:3], strict=True):
        spread.append((1, given - (out - 1) * stride, stride - 1))
    spread += [(0, 0, 0)] * (gradient.ndim - 3)
    gradient = lax.pad(gradient, jnp.zeros((), gradient.dtype), spread)
    winner = lax.pad(winner, jnp.int8(len(TAPS)), spread)
    total = None
    for number, (i, j) in enumerate(TAPS):
        place = np.s_[:, 2 - i : 2 - i + size[0], 2 - j : 2 - j + size[1]]
        routed = jnp.where(winner[place] == number, gradient[place], 0)
        total = routed if total is None else total + routed
    return (total,)


max_pool.defvjp(_max_forward, _max_backward)


@functools.lru_cache(maxsize=64)
def _pixels(height: int, width: int, stride: int) -> np.ndarray:
    """[H', W']: real pixels of every window."""
    rows, columns = (np.minimum(np.arange(n) + 2, n) - np.maximum(np.arange(n) - 1, 0) for n in (height, width))
    return (rows[:, None] * columns)[::stride, ::stride]


def avg_pool(x: jax.Array, stride: int) -> jax.Array:
    """3x3 average over real pixels."""
    total = functools.reduce(jnp.add, (widen(_shifted(x, tap, stride, 0)) for tap in TAPS))
    pixels = jnp.asarray(_pixels(*x.shape[1:3], stride), total.dtype)
    return (total / pixels.reshape(*pixels.shape, *(1,) * (x.ndim - 3))).astype(x.dtype)
