"""Pools in channel-major layout [..., H, W], the 3x3 ones with padding 1 of the original DARTS first of all.

Their output size is ceil(H / stride). The maximum ignores padding (minus infinity); the average divides by the number
of real pixels. Both are separable, which is used: a pass along the width, then one along the height.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.networks.layers import Pool

SIZE = 3


def max_pool(x: jax.Array, stride: int) -> jax.Array:
    """3x3 maximum; the gradient goes to the first maximum in row-major order, also when there are ties."""
    # The width first: among equal maxima the second pass then prefers the upper row, the first the left column.
    columns = _max_last(x, stride)
    return jnp.swapaxes(_max_last(jnp.swapaxes(columns, -1, -2), stride), -1, -2)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _max_last(x: jax.Array, stride: int) -> jax.Array:
    return _max_last_fwd(x, stride)[0]


def _taps(x: jax.Array, stride: int, fill) -> list[jax.Array]:
    size = x.shape[-1]
    out = (size - 1) // stride + 1
    padded = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, SIZE)], constant_values=fill)
    return [padded[..., t : t + (out - 1) * stride + 1 : stride] for t in range(SIZE)]


def _max_last_fwd(x, stride):
    left, middle, right = _taps(x, stride, -jnp.inf)
    first = jnp.maximum(left, middle)
    y = jnp.maximum(first, right)
    winner = jnp.where(first == y, jnp.where(left == y, 0, 1), 2).astype(jnp.int8)
    # An empty array carries the input size to the reverse rule as a static shape.
    return y, (winner, jnp.zeros((x.shape[-1], 0), jnp.int8))


def _max_last_bwd(stride, residuals, gradient):
    # Without the barrier XLA:CPU would compute what leads to the gradient again for every tap.
    winner, gradient = lax.optimization_barrier((residuals[0], gradient))
    size, out = residuals[1].shape[0], gradient.shape[-1]
    # Output o read inputs o * stride + tap - 1: spread the outputs out, then every input looks at three of them.
    high = size + 1 - ((out - 1) * stride + 1)
    config = [(0, 0, 0)] * (gradient.ndim - 1) + [(1, high, stride - 1)]
    spread_gradient = lax.pad(gradient, jnp.zeros((), gradient.dtype), config)
    spread_winner = lax.pad(winner, jnp.int8(SIZE), config)
    routed = (
        jnp.where(spread_winner[..., at : at + size] == tap, spread_gradient[..., at : at + size], 0)
        for tap, at in ((0, 2), (1, 1), (2, 0))
    )
    return (functools.reduce(jnp.add, routed),)


_max_last.defvjp(_max_last_fwd, _max_last_bwd)


def pool(x: jax.Array, layer: Pool) -> jax.Array:
    """Maximum or average over windows; [..., H, W] -> [..., H', W'].

    Raises:
      ValueError: a maximum over other windows than those of `max_pool`.
    """
    if layer.kind == "avg":
        return _average(x, layer)
    if layer != Pool("max", (SIZE, SIZE), layer.stride[:1] * 2, 1):
        raise ValueError(f"channel-major maxima are 3x3 with padding 1 and one stride, got {layer}")
    return max_pool(x, layer.stride[0])


def avg_pool(x: jax.Array, stride: int) -> jax.Array:
    """3x3 average over real pixels."""
    return _average(x, Pool("avg", (SIZE, SIZE), (stride, stride), 1))


def _average(x: jax.Array, layer: Pool) -> jax.Array:
    """One matrix product per axis."""
    size = x.shape[-2:]
    steps = zip(size, layer.kernel, layer.stride, layer.pads(size), layer.output((*size, 1))[:2], strict=True)
    rows, columns = (jnp.asarray(_matrix(*step, layer.count_padding), x.dtype) for step in steps)
    return jnp.einsum("...hw,hp,wq->...pq", x, rows, columns)


@functools.lru_cache(maxsize=64)
def _matrix(length: int, kernel: int, stride: int, pad: tuple[int, int], out: int, count_padding: bool) -> np.ndarray:
    """[length, out]: column o averages the real pixels among the `kernel` from o * stride - pad on."""
    matrix = np.zeros((length, out))
    for o in range(out):
        start = o * stride - pad[0]
        matrix[max(0, start) : max(0, start + kernel), o] = 1
    return matrix / (kernel if count_padding else matrix.sum(0))
