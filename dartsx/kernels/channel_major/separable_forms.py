"""Depthwise-separable convolution (depthwise k x k, then 1 x 1, nothing between) in several equal forms.

A supernet spends its time here, and no single form is fast everywhere, so each algebraic form is one function and
`choice` picks. All take the same arguments and agree to rounding:

  plain  `lax` depthwise convolution, then a pointwise product. The definition; slow on a CPU, where XLA has no fast
         depthwise convolution.
  dense  the two kernels multiplied into one dense k x k kernel K[i,j,c,d] = dw[i,j,c] pw[c,d] for a library
         convolution: more arithmetic, one pass over memory, matrix units instead of depthwise kernels.
  rows   a depthwise convolution is linear: the R rows that a group of g output rows reads, side by side, times a
         banded [R W, g W'] matrix per channel. All primitives and all targets that read the same input share the
         rows and become one batched matrix product; forward and both derivatives run at library speed.
  taps   a sum of shifted copies, see `depthwise_taps`: no more arithmetic than there is, in fused loops.

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

from dartsx.catalog import SEPARABLE_FORMS, by_name
from dartsx.kernels.channel_major.convolution import pointwise
from dartsx.kernels.channel_major.depthwise_taps import depthwise
from dartsx.kernels.choice import Forms


class Unit(NamedTuple):
    """Weights of one kind: depthwise [L, T, k, k, C], pointwise [L, T, C, D], and the dilation."""

    depthwise: jax.Array
    pointwise: jax.Array
    dilation: int


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
    return pointwise(jnp.stack(outputs), jnp.stack([unit.pointwise for unit in units]))


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


def _group(height: int, targets: int) -> int:
    """Output rows that one matrix yields.

    More rows mean less copying of input rows that several output rows share, and more products with zeros. Where many
    targets share the input the copying is cheap beside the products.
    """
    if height <= (8 if targets == 1 else 4):
        return height
    return 2 if targets == 1 and height % 2 == 0 else 1


@functools.lru_cache(maxsize=256)
def _taps(size: int, dilation: int, length: int, stride: int, window: tuple[int, ...], out: int) -> np.ndarray:
    """[k, window, out]: 1 where tap i of output o reads the input at `window`, along one axis of this length."""
    place = {position: w for w, position in enumerate(window)}
    taps = np.zeros((size, len(window), out), np.float32)
    for i, offset in enumerate(tap_offsets(size, dilation)):
        for o in range(out):
            if (position := o * stride + offset) in place and position < length:
                taps[i, place[position], o] = 1
    return taps


def _window(units: Sequence[Unit], height: int, group: int, groups: int, stride: int) -> tuple[int, ...]:
    """Input rows that a group of output rows reads, relative to stride times its first row."""
    offsets = {o for unit in units for o in tap_offsets(unit.depthwise.shape[2], unit.dilation)}
    if groups == 1:
        return tuple(range(height))
    # Rows that lie in the padding for every group carry zeros only.
    return tuple(sorted({o + r * stride for o in offsets if abs(o) < height for r in range(group)}))


def _patches(x: jax.Array, window: Sequence[int], groups: int, step: int) -> jax.Array:
    """x [L, C, N, H, W] -> [L, C, N * groups, R * W]: the rows of every group's window, side by side."""
    inputs, channels, batch, height, width = x.shape
    if groups == 1:
        return x.reshape(inputs, channels, batch, height * width)
    low = max(0, -min(window))
    high = max(0, (groups - 1) * step + max(window) - (height - 1))
    padded = jnp.pad(x, [(0, 0)] * 3 + [(low, high), (0, 0)])
    last = (groups - 1) * step + 1
    rows_of_groups = [padded[..., low + w : low + w + last : step, :] for w in window]
    return jnp.concatenate(rows_of_groups, -1).reshape(inputs, channels, batch * groups, -1)


def _banded(unit: Unit, row_taps: np.ndarray, column_taps: np.ndarray) -> jax.Array:
    """[L, C, R * W, T, g * W']: the kind's taps as matrices from a window of rows to a group of output rows."""
    place = np.einsum("irg,jwq->ijrwgq", row_taps, column_taps)
    size, _, window, width, group, out = place.shape
    place = jnp.asarray(place.reshape(size, size, window * width, group * out), unit.depthwise.dtype)
    return jnp.einsum("ltijc,ijab->lcatb", unit.depthwise, place)


def rows(x: jax.Array, units: Sequence[Unit], stride: int) -> jax.Array:
    """Banded matrix products over rows; same shapes as `plain`."""
    inputs, channels, batch, height, width = x.shape
    out_height, out_width = ((length - 1) // stride + 1 for length in (height, width))
    group = _group(out_height, units[0].depthwise.shape[1])
    groups = out_height // group
    window = _window(units, height, group, groups, stride)
    rows_end = height if groups == 1 else max(window) + 1
    matrices = []
    for unit in units:
        size, dilation = unit.depthwise.shape[2], unit.dilation
        row_taps = _taps(size, dilation, rows_end, stride, window, group)
        column_taps = _taps(size, dilation, width, stride, tuple(range(width)), out_width)
        matrices.append(_banded(unit, row_taps, column_taps))
    patches = _patches(x, window, groups, group * stride)
    matrix = jnp.stack(matrices, 3)
    kinds, targets = matrix.shape[3:5]
    y = jnp.einsum("lcma,lcab->lcmb", patches, matrix.reshape(inputs, channels, matrix.shape[2], -1))
    y = y.reshape(inputs, channels, -1, kinds, targets, matrix.shape[-1]).transpose(3, 0, 4, 1, 2, 5)
    y = y.reshape(kinds, inputs, targets, channels, batch, out_height, out_width)
    return pointwise(y, jnp.stack([unit.pointwise for unit in units]))


# ------------------------------------------------------------------------------------------- taps
def taps(x: jax.Array, units: Sequence[Unit], stride: int) -> jax.Array:
    """Sums of shifted copies; same shapes as `plain`."""
    convolved = jnp.stack([depthwise(x, unit.depthwise, unit.dilation, stride) for unit in units])
    return pointwise(convolved, jnp.stack([unit.pointwise for unit in units]))


FORMS = by_name(SEPARABLE_FORMS, plain, dense, rows, taps)


def separable(x: jax.Array, units: Sequence[Unit], stride: int, forms: Forms) -> jax.Array:
    """Depthwise-separable convolutions of x [L, C, N, H, W] by K kinds of T targets -> [K, L, T, D, N, H', W'].

    Raises:
      ValueError: the form asked for is not one of `FORMS`.
    """
    form = forms.separable(x.shape[1], x.shape[-1])
    if form not in FORMS:
        raise ValueError(f"unknown form {form!r} of separable convolution; allowed: {', '.join(FORMS)}")
    return FORMS[form](x, units, stride)
