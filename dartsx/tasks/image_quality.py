"""How near an image is to another: peak signal-to-noise ratio and structural similarity."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

EXACT = 1e-10  # least mean squared error that counts: 100 dB at most, for images that are equal
WINDOW, SIGMA = 11, 1.5  # pixels of SSIM's window, standard deviation of its weights
_C1, _C2 = 0.01**2, 0.03**2


def psnr(images: jax.Array, truth: jax.Array) -> jax.Array:
    """-10 log10 of the mean squared error over pixels and channels, in dB; at most 100.

    Args:
      images, truth: [N, H, W, C], values 0..1.

    Returns:
      [N].
    """
    error = jnp.mean((images - truth) ** 2, (1, 2, 3))
    return -10 * jnp.log10(jnp.maximum(error, EXACT))


def ssim(images: jax.Array, truth: jax.Array) -> jax.Array:
    """Mean structural similarity (Wang et al., IEEE Trans. Image Processing 13(4), 2004, equation 13).

    Windows are 11x11 with normal weights of standard deviation 1.5 that sum to 1, moments are weighted means without
    correction, K1 = 0.01 and K2 = 0.03. The mean is over all windows that lie in the image, and over channels.

    Args:
      images, truth: [N, H, W, C], values 0..1.

    Returns:
      [N], at most 1.

    Raises:
      ValueError: an image is smaller than a window.
    """
    height, width = images.shape[1:3]
    if min(height, width) < WINDOW:
        raise ValueError(f"SSIM needs images of {WINDOW}x{WINDOW} or more, got {height}x{width}")
    rows, columns = (jnp.asarray(_windows(size), images.dtype) for size in (height, width))

    def mean(x: jax.Array) -> jax.Array:
        return jnp.einsum("ih,jw,nhwc->nijc", rows, columns, x, precision="highest")

    x, y = mean(images), mean(truth)
    of_x, of_y = mean(images**2) - x**2, mean(truth**2) - y**2
    both = mean(images * truth) - x * y
    similar = (2 * x * y + _C1) * (2 * both + _C2) / ((x**2 + y**2 + _C1) * (of_x + of_y + _C2))
    return jnp.mean(similar, (1, 2, 3))


def _windows(size: int) -> np.ndarray:
    """Weights of all windows along one side: [windows, size]."""
    weights = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / SIGMA) ** 2)
    offsets = np.arange(size) - np.arange(size - WINDOW + 1)[:, None]
    inside = (offsets >= 0) & (offsets < WINDOW)
    return np.where(inside, (weights / weights.sum())[np.clip(offsets, 0, WINDOW - 1)], 0)
