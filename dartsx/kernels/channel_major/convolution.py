"""Dense convolution in channel-major layout, as a library call or as one matrix product over its taps.

On a CPU XLA computes a library convolution inside a loop (a `lax.scan` over steps) by other code than outside, many
times slower; matrix products keep their speed there, so that a scan of steps is no slower than single steps
(``python -m benchmarks.scan --size=small``).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.choice import Forms
from dartsx.kernels.window import Window


def convolve(x: jax.Array, kernel: jax.Array, window: Window, forms: Forms) -> jax.Array:
    """x [C, N, H, W] with kernel [kh, kw, C, D] -> [D, N, H', W']; see `protocol`."""
    if kernel.shape[:2] == (1, 1) and not window.padded:
        return pointwise(x[..., :: window.stride[0], :: window.stride[1]], kernel[0, 0])
    return FORMS[forms.dense()](x, kernel, window)


def by_library(x: jax.Array, kernel: jax.Array, window: Window) -> jax.Array:
    """The backend's own convolution."""
    y = lax.conv_general_dilated(
        x.transpose(1, 2, 3, 0),
        kernel,
        window.stride,
        window.padding,
        rhs_dilation=(window.dilation, window.dilation),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return y.transpose(3, 0, 1, 2)


def as_product(x: jax.Array, kernel: jax.Array, window: Window) -> jax.Array:
    """All taps of the input side by side, [kh kw C, N H' W'], times the kernel as a matrix [kh kw C, D]."""
    size, (down, right) = kernel.shape[:2], window.stride
    x = jnp.pad(x, [(0, 0), (0, 0), *window.padding])
    height, width = (
        (length - (k - 1) * window.dilation - 1) // stride + 1
        for length, k, stride in zip(x.shape[-2:], size, window.stride, strict=True)
    )
    starts = [(i * window.dilation, j * window.dilation) for i in range(size[0]) for j in range(size[1])]
    taps = [x[..., i : i + (height - 1) * down + 1 : down, j : j + (width - 1) * right + 1 : right] for i, j in starts]
    return pointwise(jnp.concatenate(taps), kernel.reshape(-1, kernel.shape[-1]))


FORMS = {"product": as_product, "library": by_library}


def pointwise(x: jax.Array, weights: jax.Array) -> jax.Array:
    """1x1 convolution: x [..., C, N, H, W] by weights [..., C, D] -> [..., D, N, H, W]; leading axes broadcast.

    The product in this order, weights transposed, has derivatives for which XLA:CPU does not transpose images; the
    other way round a step of ``python -m benchmarks.step --size=full`` takes a tenth longer.
    """
    y = weights.swapaxes(-1, -2) @ x.reshape(*x.shape[:-3], -1)
    return y.reshape(*y.shape[:-1], *x.shape[-3:])
