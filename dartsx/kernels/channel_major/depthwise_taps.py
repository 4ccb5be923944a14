"""Depthwise convolution as a sum of shifted copies, with its own derivatives; channel-major layout.

The forward pass and the derivative with respect to the input are k * k multiply-adds over arrays that lie in cache: one
fused loop each. The derivative with respect to the kernel is k * k long sums; taken one by one they are slow, but the
sums of all taps of one kernel row are diagonals of a product over images and rows, [W', W] for every channel: library
matrix products, although most of their entries are not used.

A stride of 2 is a stride of 1 on the four phases of the input (even or odd rows, even or odd columns).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


class Tap(NamedTuple):
    """Entry (row, column) of a kernel reads phase `phase` from offset `first` on; both (vertical, horizontal)."""

    row: int
    column: int
    phase: tuple[int, int]
    first: tuple[int, int]


def _taps(size: int, dilation: int, stride: int) -> Iterator[Tap]:
    for row, column in itertools.product(range(size), repeat=2):
        at = (row * dilation, column * dilation)
        yield Tap(row, column, tuple(a % stride for a in at), tuple(a // stride for a in at))


def _pad_width(size: int, dilation: int) -> int:
    return dilation * (size // 2)


def _phases(x: jax.Array, size: int, dilation: int, stride: int) -> dict[tuple[int, int], jax.Array]:
    """Padded x [..., H, W], split into what even and odd taps read: all of equal size."""
    pad = _pad_width(size, dilation)
    ends = [pad + (-(length + 2 * pad)) % stride for length in x.shape[-2:]]
    padded = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(pad, end) for end in ends])
    if stride == 1:
        return {(0, 0): padded}
    used = {tap.phase for tap in _taps(size, dilation, stride)}
    # Without the barrier XLA:CPU would gather every second pixel again for every tap.
    return lax.optimization_barrier({(a, b): padded[..., a::stride, b::stride] for a, b in used})


def _window(phase: jax.Array, first: tuple[int, int], shape: tuple[int, int]) -> jax.Array:
    return phase[..., first[0] : first[0] + shape[0], first[1] : first[1] + shape[1]]


def _per_channel(kernel: jax.Array, tap: Tap) -> jax.Array:
    """One tap of [L, T, k, k, C] -> [L, T, C, 1, 1, 1]."""
    return kernel[:, :, tap.row, tap.column, :, None, None, None]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def depthwise(x: jax.Array, kernel: jax.Array, dilation: int, stride: int) -> jax.Array:
    """Depthwise convolution of every input by the kernels of its targets.

    Args:
      x: [L, C, N, H, W].
      kernel: [L, T, k, k, C], in x's dtype; k odd.
      dilation: between taps; padding is dilation * (k // 2).
      stride: 1 or 2.

    Returns:
      [L, T, C, N, ceil(H / stride), ceil(W / stride)]
    """
    return _forward(x, kernel, dilation, stride)[0]


def _forward(x, kernel, dilation, stride):
    inputs, targets, size, _, channels = kernel.shape
    shape = tuple((length - 1) // stride + 1 for length in x.shape[-2:])
    phases = _phases(x, size, dilation, stride)
    slabs = _slabs(channels, x.size // inputs)
    width = channels // slabs

    def slab(i, y):
        own = {phase: lax.dynamic_slice_in_dim(values, i * width, width, 1) for phase, values in phases.items()}
        weights = lax.dynamic_slice_in_dim(kernel, i * width, width, 4)
        terms = (
            _window(own[tap.phase], tap.first, shape)[:, None] * _per_channel(weights, tap)
            for tap in _taps(size, dilation, stride)
        )
        return lax.dynamic_update_slice_in_dim(y, functools.reduce(jnp.add, terms), i * width, 2)

    y = jnp.zeros((inputs, targets, *x.shape[1:-2], *shape), x.dtype)
    return lax.fori_loop(0, slabs, slab, y), (x, kernel)


def _slabs(channels: int, values: int) -> int:
    """Groups of channels that the forward pass goes through in a loop, each of some 2^18 values.

    The loop has a second purpose, so there are two groups at least (of more than one channel): without it XLA:CPU
    fuses the sum with the reshape before the matrix product that follows, finds neither rows nor columns in the flat
    result, and computes the sum one value at a time.
    """
    wanted = max(2, values >> 18)
    return next(n for n in range(min(wanted, channels), channels + 1) if channels % n == 0)


def _backward(dilation, stride, residuals, gradient):
    x, kernel = residuals
    grad_x = _input_gradient(gradient, kernel, dilation, stride, x.shape[-2:])
    return grad_x, _kernel_gradient(x, gradient, kernel.shape[2], dilation, stride).astype(kernel.dtype)


def _input_gradient(gradient, kernel, dilation, stride, shape) -> jax.Array:
    """[L, T, C, N, H', W'] -> [L, C, N, H, W]: every phase is a sum of shifted gradients over its taps and targets."""
    size, pad = kernel.shape[2], _pad_width(kernel.shape[2], dilation)
    lengths = [-(-(length + 2 * pad) // stride) for length in shape]  # of a phase
    reach = pad * 2 // stride
    spare = [length - out for length, out in zip(lengths, gradient.shape[-2:], strict=True)]
    padded = jnp.pad(gradient, [(0, 0)] * 4 + [(reach, extra) for extra in spare])
    phases: dict[tuple[int, int], jax.Array] = {}
    for tap in _taps(size, dilation, stride):
        first = (reach - tap.first[0], reach - tap.first[1])
        term = jnp.sum(_window(padded, first, lengths) * _per_channel(kernel, tap), 1)
        phases[tap.phase] = phases[tap.phase] + term if tap.phase in phases else term
    if stride == 1:
        return _window(phases[0, 0], (pad, pad), shape)
    zero = jnp.zeros_like(phases[0, 0])
    columns = [[phases.get((a, b), zero) for b in range(2)] for a in range(2)]
    rows = jnp.stack([jnp.stack(pair, -1) for pair in columns], -3)  # [..., H / 2, 2, W / 2, 2]
    whole = rows.reshape(*rows.shape[:-4], 2 * lengths[0], 2 * lengths[1])
    return _window(whole, (pad, pad), shape)


@functools.lru_cache(maxsize=256)
def _diagonals(firsts: tuple[int, ...], width: int, out: int) -> np.ndarray:
    """[taps, width, out]: 1 where output column o reads column o + first."""
    chosen = np.zeros((len(firsts), width, out), np.float32)
    for i, first in enumerate(firsts):
        chosen[i, np.arange(out) + first, np.arange(out)] = 1
    return chosen


def _kernel_gradient(x, gradient, size, dilation, stride) -> jax.Array:
    """[L, T, k, k, C] from x and the output's gradient."""
    inputs, targets, channels, batch, height, width = gradient.shape
    phases = _phases(x, size, dilation, stride)
    flat = gradient.reshape(inputs, targets, channels, batch * height, width)
    rows = []
    for row in range(size):
        taps = [tap for tap in _taps(size, dilation, stride) if tap.row == row]
        columns = [None] * size
        for phase in sorted({tap.phase for tap in taps}):
            own = [tap for tap in taps if tap.phase == phase]
            source = phases[phase][..., own[0].first[0] : own[0].first[0] + height, :]
            source = source.reshape(inputs, channels, batch * height, -1)
            product = jnp.einsum("lcmw,ltcmo->ltcwo", source, flat)
            place = jnp.asarray(_diagonals(tuple(tap.first[1] for tap in own), source.shape[-1], width), product.dtype)
            sums = jnp.einsum("ltcwo,jwo->jltc", product, place)
            for i, tap in enumerate(own):
                columns[tap.column] = sums[i]
        rows.append(jnp.stack(columns, 2))
    return jnp.stack(rows, 2)


depthwise.defvjp(_forward, _backward)
