"""Dense k x k convolution in channel-major layout, as a library call or as one matrix product over its taps.

On a CPU XLA computes a library convolution inside a loop (a `lax.scan` over steps) by other code than outside, many
times slower; matrix products keep their speed there, so that a scan of steps is no slower than single steps
(``python -m benchmarks.scan --size=small``).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.choice import Forms


def convolve(x: jax.Array, kernel: jax.Array, stride: int, padding: int, forms: Forms) -> jax.Array:
    """x [C, N, H, W] with kernel [k, k, C, D] -> [D, N, H', W']; `padding` zeros on every side."""
    if kernel.shape[0] == 1 and not padding:
        return pointwise(x[..., ::stride, ::stride], kernel[0, 0])
    return FORMS[forms.dense()](x, kernel, stride, padding)


def by_library(x: jax.Array, kernel: jax.Array, stride: int, padding: int) -> jax.Array:
    """The backend's own convolution."""
    y = lax.conv_general_dilated(
        x.transpose(1, 2, 3, 0),
        kernel,
        (stride, stride),
        [(padding, padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return y.transpose(3, 0, 1, 2)


def as_product(x: jax.Array, kernel: jax.Array, stride: int, padding: int) -> jax.Array:
    """All taps of the input side by side, [k k C, N H' W'], times the kernel as a matrix [k k C, D]."""
    size = kernel.shape[0]
    x = jnp.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    height, width = ((length - size) // stride + 1 for length in x.shape[-2:])
    taps = [
        x[..., i : i + (height - 1) * stride + 1 : stride, j : j + (width - 1) * stride + 1 : stride]
        for i in range(size)
        for j in range(size)
    ]
    return pointwise(jnp.concatenate(taps), kernel.reshape(-1, kernel.shape[-1]))


FORMS = {"product": as_product, "library": by_library}


def pointwise(x: jax.Array, weights: jax.Array) -> jax.Array:
    """1x1 convolution: x [..., C, N, H, W] by weights [..., C, D] -> [..., D, N, H, W]; leading axes broadcast.

    The product in this order, weights transposed, has derivatives for which XLA:CPU does not transpose images; the
    other way round a step of ``python -m benchmarks.step --size=full`` takes a tenth longer.
    """
    y = weights.swapaxes(-1, -2) @ x.reshape(*x.shape[:-3], -1)
    return y.reshape(*y.shape[:-1], *x.shape[-3:])
