"""Convolutions whose channels are split into groups, depthwise ones included, in several equal forms.

No single form is fast everywhere, so each is one function and `choice` picks:

  plain  the library's grouped convolution; on a CPU its weight gradient takes seconds where there are several channels
         in a group.
  taps   the sum over the kernel's taps of the shifted map times the tap's weights: products of single values where a
         group is one channel, else small matrix products. More to compile, fast on a CPU.
  dense  the block-diagonal kernel of a convolution without groups: as many times the arithmetic as there are groups.

Maps are [N, H, W, C]; kernels [kh, kw, C / groups, features].
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.catalog import GROUPED_FORMS, by_name
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.library import plain, steady
from dartsx.kernels.window import Window


def taps(x: jax.Array, kernel: jax.Array, window: Window, groups: int) -> jax.Array:
    """Sum over taps; padding may be negative."""
    rows, columns, inputs, features = kernel.shape
    padded = _padded(x, window)
    reach = [(k - 1) * window.dilation for k in (rows, columns)]
    out = [(n - r - 1) // s + 1 for n, r, s in zip(padded.shape[1:3], reach, window.stride, strict=True)]
    total = None
    for i in range(rows):
        for j in range(columns):
            shifted = _strided(padded, (i * window.dilation, j * window.dilation), window.stride, out)
            if inputs == 1 and features == groups:
                term = shifted * kernel[i, j, 0]
            else:
                term = _group_products(shifted, kernel[i, j], groups)
            total = term if total is None else total + term
    return total


def _padded(x: jax.Array, window: Window) -> jax.Array:
    return lax.pad(x, jnp.zeros((), x.dtype), ((0, 0, 0), *((*side, 0) for side in window.padding), (0, 0, 0)))


def _strided(x: jax.Array, start, stride, out) -> jax.Array:
    stop = [a + (n - 1) * s + 1 for a, n, s in zip(start, out, stride, strict=True)]
    return x[:, start[0] : stop[0] : stride[0], start[1] : stop[1] : stride[1]]


def _group_products(x: jax.Array, weights: jax.Array, groups: int) -> jax.Array:
    """[N, H, W, C] times [C / groups, features], every group with its own columns."""
    parts = x.reshape(*x.shape[:3], groups, -1)
    y = jnp.einsum("nhwgc,cgd->nhwgd", parts, weights.reshape(weights.shape[0], groups, -1))
    return y.reshape(*x.shape[:3], -1)


def dense(x: jax.Array, kernel: jax.Array, window: Window, groups: int) -> jax.Array:
    """A convolution without groups by the block-diagonal kernel."""
    rows, columns, inputs, features = kernel.shape
    blocks = kernel.reshape(rows, columns, inputs, groups, features // groups)
    full = jnp.einsum("ijcgd,hg->ijhcgd", blocks, jnp.eye(groups, dtype=kernel.dtype))
    return steady(x, full.reshape(rows, columns, groups * inputs, features), window)


FORMS = by_name(GROUPED_FORMS, plain, taps, dense)


def convolve(x: jax.Array, kernel: jax.Array, window: Window, forms: Forms, groups: int = 1) -> jax.Array:
    """Convolution of [N, H, W, C] by [kh, kw, C / groups, features]; `forms` matters for several groups.

    One group is left to the library, a 1x1 kernel without padding a matrix product.

    Raises:
      ValueError: the form asked for is not one of `FORMS`.
    """
    groups = int(groups)  # of an open width, which is computed at its widest
    form = forms.grouped(kernel.shape, groups)
    if form not in FORMS:
        raise ValueError(f"unknown form {form!r} of grouped convolution; allowed: {', '.join(FORMS)}")
    if min(min(side) for side in window.padding) < 0:  # XLA:CPU then reads beyond odd maps
        x, window = _padded(x, window), window._replace(padding=((0, 0), (0, 0)))
    if groups > 1:
        return FORMS[form](x, kernel, window, groups)
    if kernel.shape[:2] == (1, 1) and not window.padded:
        return x[:, :: window.stride[0], :: window.stride[1]] @ kernel[0, 0]
    return steady(x, kernel, window) if forms.steady() else plain(x, kernel, window)
