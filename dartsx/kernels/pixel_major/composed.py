"""Depthwise-separable convolutions as dense ones: the kernels of many edges, kinds and sizes in one.

A depthwise kernel d [k, k, C] followed by a pointwise one p [C, D] is the dense kernel d[i, j, c] p[c, d]. That is more
arithmetic, on units made for it, and one pass over the input instead of one for every candidate: all kinds and targets
of a source are output channels of a single convolution, and two sources are the blocks of a block-diagonal kernel.
A small kernel stands in the middle of a large one; dilation 2 is dilation 1 on the four phases of the image.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

LAYOUT = ("NHWC", "HWIO", "NHWC")
OUTPUT_FIRST = ("NHWC", "OHWI", "NHWC")


def convolve(x: jax.Array, kernel: jax.Array, stride: int = 1, dilation: int = 1) -> jax.Array:
    """x [N, H, W, C] with kernel [D, k, k, C], k odd, zeros around: [N, ceil(H / stride), ceil(W / stride), D]."""
    around = dilation * (kernel.shape[1] // 2)
    return lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        [(around, around)] * 2,
        rhs_dilation=(dilation, dilation),
        dimension_numbers=OUTPUT_FIRST,
    )


def composed(depthwise: Sequence[jax.Array], pointwise: Sequence[jax.Array]) -> jax.Array:
    """Dense kernels of B kinds on E edges, all of the largest size, output channels first: [E, B, D, k, k, C].

    Args:
      depthwise: depthwise kernels of every kind [E, k', k', C].
      pointwise: pointwise kernels of every kind [E, C, D].
    """
    size = max(kernel.shape[1] for kernel in depthwise)
    taps = jnp.stack([_in_the_middle(kernel, size) for kernel in depthwise], 1)
    weights = jnp.stack(pointwise, 1).swapaxes(2, 3)
    return taps[:, :, None] * weights[:, :, :, None, None]


def _in_the_middle(kernel: jax.Array, size: int) -> jax.Array:
    margin = (size - kernel.shape[1]) // 2
    return jnp.pad(kernel, [(0, 0), (margin, margin), (margin, margin), (0, 0)])


def block_diagonal(kernel: jax.Array) -> jax.Array:
    """Kernels [G, ..., k, k, C] of G sources apart -> [G * ..., k, k, G * C] for all of them side by side."""
    sources, rows, columns, channels = kernel.shape[0], *kernel.shape[-3:]
    kernel = kernel.reshape(sources, -1, rows, columns, channels)
    if sources > 1:
        own = jnp.eye(sources, dtype=bool)[:, None, None, None, :, None]
        kernel = jnp.where(own, kernel[:, :, :, :, None], jnp.zeros((), kernel.dtype))
    return kernel.reshape(-1, rows, columns, sources * channels)


def phases(x: jax.Array) -> jax.Array:
    """[N, H, W, Q] -> [4 N, H / 2, W / 2, Q]: of every image the pixels of even and odd rows and columns."""
    images, height, width, channels = x.shape
    x = x.reshape(images, height // 2, 2, width // 2, 2, channels).transpose(0, 2, 4, 1, 3, 5)
    return x.reshape(4 * images, height // 2, width // 2, channels)


def from_phases(x: jax.Array) -> jax.Array:
    """The inverse of `phases`."""
    images, height, width, channels = x.shape
    x = x.reshape(images // 4, 2, 2, height, width, channels).transpose(0, 3, 1, 4, 2, 5)
    return x.reshape(images // 4, 2 * height, 2 * width, channels)


def factorized_reduction(x: jax.Array, conv_a: jax.Array, conv_b: jax.Array) -> jax.Array:
    """Even pixels by one matrix, odd pixels by the other, side by side, as one 2x2 convolution of stride 2.

    Args:
      x: [N, H, W, C], H and W even.
      conv_a: weights [C, ..., D / 2] of the upper left pixel of every 2x2.
      conv_b: weights of the lower right pixel, likewise.

    Returns:
      [N, H / 2, W / 2, ... * D]

    Raises:
      ValueError: H or W is odd.
    """
    height, width = x.shape[1:3]
    if height % 2 or width % 2:
        raise ValueError(f"factorized reduction needs an even map, got {height}x{width}")
    first = jnp.concatenate([conv_a, jnp.zeros_like(conv_b)], -1)
    last = jnp.concatenate([jnp.zeros_like(conv_a), conv_b], -1)
    none = jnp.zeros_like(first)
    kernel = jnp.stack([first, none, none, last]).reshape(2, 2, x.shape[-1], -1)
    return lax.conv_general_dilated(x, kernel, (2, 2), "VALID", dimension_numbers=LAYOUT)
