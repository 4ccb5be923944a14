"""Depthwise-separable convolution (depthwise k x k, then 1 x 1, nothing between) in several equal forms.

A supernet spends its time here, and no single form is fast everywhere, so each algebraic form is one function and
`choose_form` is the one place that picks. All take the same arguments and agree to rounding:

  plain  `lax` depthwise convolution, then a pointwise product. The definition; the slowest on a CPU, where XLA's
         depthwise convolution is some fifty times slower than the arithmetic asks for.
  dense  the two kernels multiplied into one dense k x k kernel K[i,j,c,d] = dw[i,j,c] pw[c,d] for a library
         convolution: more arithmetic, one pass over memory, matrix units instead of depthwise kernels.
  rows   a depthwise convolution is linear along a row: the k rows that an output row reads, side by side, times a
         banded [k W, W'] matrix per channel. All primitives and all targets that read the same input share the
         rows and become one batched matrix product; forward and both derivatives run at library speed.

Shapes: L inputs, K kinds (primitives), T targets of every input, C channels in, D out, batch N, height H, width W.
Padding is symmetric, dilation * (k // 2); the output size is ceil(H / stride), also for odd sizes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


class Unit(NamedTuple):
    """Weights of one kind: depthwise [L, T, k, k, C], pointwise [L, T, C, D], and the dilation."""

    depthwise: jax.Array
    pointwise: jax.Array
    dilation: int


def _pointwise(x: jax.Array, weights: jax.Array) -> jax.Array:
    """x [K, L, T, C, N, H, W] times weights [K, L, T, C, D]."""
    flat = x.reshape(*x.shape[:4], -1)
    y = jnp.einsum("kltcm,kltcd->kltdm", flat, weights)
    return y.reshape(*y.shape[:4], *x.shape[4:])


# ------------------------------------------------------------------------------------------ plain
def plain(x: jax.Array, units: Sequence[Unit], stride: int) -> jax.Array:
    """Library depthwise convolution; x [L, C, N, H, W] -> [K, L, T, D, N, H', W']."""

    def depthwise(image, kernel, dilation):  # [C, N, H, W], [k, k, C]
        size, channels = kernel.shape[0], kernel.shape[-1]
        pad = dilation * (size // 2)
        return lax.conv_general_dilated(
            image,
            kernel[:, :, None],
            (stride, stride),
            [(pad, pad)] * 2,
            rhs_dilation=(dilation, dilation),
            dimension_numbers=("CNHW", "HWIO", "CNHW"),
            feature_group_count=channels,
        )

    outputs = []
    for unit in units:
        over_targets = jax.vmap(functools.partial(depthwise, dilation=unit.dilation), (None, 0))
        outputs.append(jax.vmap(over_targets)(x, unit.depthwise))
    return _pointwise(jnp.stack(outputs), jnp.stack([unit.pointwise for unit in units]))


# ------------------------------------------------------------------------------------------ dense
def dense(x: jax.Array, units: Sequence[Unit], stride: int) -> jax.Array:
    """One library convolution per kind with the composed kernel; same shapes as `plain`."""

    def convolve(image, kernel, dilation):  # [C, N, H, W], [k, k, C, T * D]
        pad = dilation * (kernel.shape[0] // 2)
        return lax.conv_general_dilated(
            image.transpose(1, 2, 3, 0),
            kernel,
            (stride, stride),
            [(pad, pad)] * 2,
            rhs_dilation=(dilation, dilation),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    outputs = []
    for unit in units:
        kernels = jnp.einsum("ltijc,ltcd->lijctd", unit.depthwise, unit.pointwise)
        inputs, targets, width = x.shape[0], *kernels.shape[-2:]
        kernels = kernels.reshape(*kernels.shape[:4], targets * width)
        y = jnp.stack([convolve(x[i], kernels[i], unit.dilation) for i in range(inputs)])
        y = y.reshape(*y.shape[:-1], targets, width)
        outputs.append(y.transpose(0, 4, 5, 1, 2, 3))
    return jnp.stack(outputs)


# ------------------------------------------------------------------------------------------- rows
def tap_offsets(size: int, dilation: int) -> tuple[int, ...]:
    """Where a kernel of this size reads, relative to the output pixel's own position."""
    return tuple(dilation * (i - size // 2) for i in range(size))


@functools.lru_cache(maxsize=256)
def _column_taps(size: int, dilation: int, width: int, stride: int) -> np.ndarray:
    """[k, W, W']: 1 where tap j of output column o reads input column w."""
    out = (width - 1) // stride + 1
    taps = np.zeros((size, width, out), np.float32)
    for j, offset in enumerate(tap_offsets(size, dilation)):
        for o in range(out):
            if 0 <= o * stride + offset < width:
                taps[j, o * stride + offset, o] = 1
    return taps


def _row_patches(x: jax.Array, offsets: Sequence[int], stride: int) -> jax.Array:
    """x [L, C, N, H, W] -> [L, C, N, H', R * W]: the rows at `offsets` of every output row, side by side."""
    height = x.shape[-2]
    out = (height - 1) // stride + 1
    low, high = max(0, -min(offsets)), max(0, max(offsets))
    padded = jnp.pad(x, [(0, 0)] * 3 + [(low, high), (0, 0)])
    rows = (
        padded[..., low + offset : low + offset + (out - 1) * stride + 1 : stride, :]
        for offset in offsets
    )
    return jnp.concatenate(list(rows), -1)


def _banded(unit: Unit, offsets: Sequence[int], width: int, stride: int) -> jax.Array:
    """[L, C, R, W, T, W']: the kind's taps as matrices from the rows at `offsets` to an output row."""
    size = unit.depthwise.shape[2]
    columns = jnp.asarray(_column_taps(size, unit.dilation, width, stride), unit.depthwise.dtype)
    own = tap_offsets(size, unit.dilation)
    place = np.array([[offset == mine for offset in offsets] for mine in own])
    taps = jnp.einsum("ltijc,ir->lcrtj", unit.depthwise, jnp.asarray(place, unit.depthwise.dtype))
    return jnp.einsum("lcrtj,jwq->lcrwtq", taps, columns)


def rows(x: jax.Array, units: Sequence[Unit], stride: int) -> jax.Array:
    """Banded matrix products over rows; same shapes as `plain`."""
    offsets = sorted(
        {o for unit in units for o in tap_offsets(unit.depthwise.shape[2], unit.dilation)}
    )
    # Rows that lie in the padding for every output row carry zeros only.
    offsets = [offset for offset in offsets if abs(offset) < x.shape[-2]]
    width = x.shape[-1]
    matrices = jnp.stack([_banded(unit, offsets, width, stride) for unit in units], 4)
    inputs, channels, _, _, kinds, targets, out_width = matrices.shape
    patches = _row_patches(x, offsets, stride)
    batch, height = patches.shape[2:4]
    y = jnp.einsum(
        "lcma,lcab->lcmb",
        patches.reshape(inputs, channels, batch * height, -1),
        matrices.reshape(inputs, channels, -1, kinds * targets * out_width),
    )
    y = y.reshape(inputs, channels, batch, height, kinds, targets, out_width)
    y = y.transpose(4, 0, 5, 1, 2, 3, 6)
    return _pointwise(y, jnp.stack([unit.pointwise for unit in units]))


FORMS = {"plain": plain, "dense": dense, "rows": rows}


def choose_form(backend: str, channels: int, width: int) -> str:
    """The fastest form for a backend (`jax.default_backend()`), channel count and map width.

    CPU: measured with ``python -m benchmarks.separable``, `rows` won at every size of the DARTS supernet.
    GPU and TPU: `dense` while its extra arithmetic is hidden by memory traffic, i.e. for few channels.
    """
    if backend == "cpu":
        return "rows"
    return "dense" if channels <= 64 else "plain"


def separable(
    x: jax.Array, units: Sequence[Unit], stride: int, form: str | None = None
) -> jax.Array:
    """Depthwise-separable convolutions of x [L, C, N, H, W] by K kinds of T targets -> [K, L, T, D, N, H', W'].

    Raises:
      ValueError: `form` is not one of `FORMS`.
    """
    form = form or choose_form(jax.default_backend(), x.shape[1], x.shape[-1])
    if form not in FORMS:
        raise ValueError(
            f"unknown form {form!r} of separable convolution; allowed: {', '.join(FORMS)}"
        )
    return FORMS[form](x, units, stride)
