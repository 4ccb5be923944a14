"""The library's convolution without groups, with derivatives that keep their speed inside loops on a CPU.

XLA:CPU has a fast convolution for maps [N, H, W, C] and kernels [kh, kw, C, D]. The derivatives that JAX writes name
other axes: alone in a program they are as fast, in the body of a scan ten to thirty times slower. Here they are written
in the order of axes above, which is fast in both: ``python -m benchmarks.loops`` measures it.
"""

from __future__ import annotations

import functools

import jax
from jax import lax

from dartsx.kernels.window import Window

LAYOUT = ("NHWC", "HWIO", "NHWC")


def plain(x: jax.Array, kernel: jax.Array, window: Window, groups: int = 1) -> jax.Array:
    """Convolution of [N, H, W, C] by [kh, kw, C / groups, D], with JAX's derivatives."""
    return lax.conv_general_dilated(
        x,
        kernel,
        window.stride,
        window.padding,
        rhs_dilation=(window.dilation, window.dilation),
        dimension_numbers=LAYOUT,
        feature_group_count=groups,
    )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def steady(x: jax.Array, kernel: jax.Array, window: Window) -> jax.Array:
    """Convolution of [N, H, W, C] by [kh, kw, C, D], padding not negative, whose derivatives are canonical."""
    return plain(x, kernel, window)


def _forward(x: jax.Array, kernel: jax.Array, window: Window):
    return plain(x, kernel, window), (x, kernel)


def _backward(window: Window, saved: tuple[jax.Array, jax.Array], cotangent: jax.Array):
    x, kernel = saved
    return _of_input(x.shape, kernel, window, cotangent), _of_kernel(x, kernel.shape, window, cotangent)


steady.defvjp(_forward, _backward)


def _of_input(shape: tuple[int, ...], kernel: jax.Array, window: Window, cotangent: jax.Array) -> jax.Array:
    """The cotangent, zeros between its pixels where strides were, convolved by the kernel turned around."""
    padding, starts = [], []
    for axis in (0, 1):
        reach = (kernel.shape[axis] - 1) * window.dilation
        low = reach - window.padding[axis][0]
        high = shape[1 + axis] + reach - low - _spread(cotangent.shape[1 + axis], window.stride[axis])
        padding.append((max(low, 0), max(high, 0)))
        starts.append(max(-low, 0))
    around = lax.conv_general_dilated(
        cotangent,
        kernel[::-1, ::-1].swapaxes(2, 3),
        (1, 1),
        padding,
        lhs_dilation=window.stride,
        rhs_dilation=(window.dilation, window.dilation),
        dimension_numbers=LAYOUT,
    )
    return around[:, starts[0] : starts[0] + shape[1], starts[1] : starts[1] + shape[2]]


def _of_kernel(x: jax.Array, shape: tuple[int, ...], window: Window, cotangent: jax.Array) -> jax.Array:
    """The input convolved by the cotangent, images in the role of channels."""
    padding = []
    for axis in (0, 1):
        reach, low = (shape[axis] - 1) * window.dilation, window.padding[axis][0]
        size = x.shape[1 + axis]
        high = reach + _spread(cotangent.shape[1 + axis], window.stride[axis]) - size - low
        x = lax.slice_in_dim(x, 0, size + min(high, 0), axis=1 + axis)  # of what no window reads
        padding.append((low, max(high, 0)))
    found = lax.conv_general_dilated(
        x.transpose(3, 1, 2, 0),
        cotangent.transpose(1, 2, 0, 3),
        (window.dilation, window.dilation),
        padding,
        rhs_dilation=window.stride,
        dimension_numbers=LAYOUT,
    )
    return found.transpose(1, 2, 0, 3)


def _spread(count: int, stride: int) -> int:
    """Length of so many pixels with stride - 1 zeros between them."""
    return (count - 1) * stride + 1
