"""PSNR and SSIM against what their definitions say, in float64."""

import jax
import numpy as np
import pytest

from dartsx.tasks.image_quality import psnr, ssim


def reference_ssim(x, y):
    """Wang et al. 2004, window by window, for images of one channel."""
    side = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    weights = np.outer(side, side) / np.outer(side, side).sum()
    found = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
            both = (weights * (a - mean_a) * (b - mean_b)).sum()
            found.append(
                (2 * mean_a * mean_b + 1e-4)
                * (2 * both + 9e-4)
                / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4))
            )
    return np.mean(found)


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(0)
    truth = random.random((2, 13, 15, 3))
    return np.clip(truth + 0.2 * random.standard_normal(truth.shape), 0, 1), truth


def test_psnr_is_that_of_the_mean_squared_error(images):
    noisy, truth = images
    with jax.enable_x64(True):
        found = np.asarray(psnr(*map(jax.numpy.asarray, images)))
    errors = [((a - b) ** 2).mean() for a, b in zip(noisy, truth, strict=True)]
    np.testing.assert_allclose(found, [10 * np.log10(1 / error) for error in errors], rtol=1e-12)
    truth = truth.astype(np.float32)
    assert float(psnr(truth, truth)[0]) == pytest.approx(100)


def test_ssim_is_that_of_its_paper(images):
    with jax.enable_x64(True):
        found = np.asarray(ssim(*map(jax.numpy.asarray, images)))
    noisy, truth = images
    channels = [[reference_ssim(a[..., c], b[..., c]) for c in range(3)] for a, b in zip(noisy, truth, strict=True)]
    np.testing.assert_allclose(found, np.mean(channels, 1), rtol=1e-12)
    truth = truth.astype(np.float32)
    np.testing.assert_allclose(ssim(truth, truth), 1, rtol=1e-6)
    with pytest.raises(ValueError, match="11x11 or more, got 8x8"):
        ssim(truth[:, :8, :8], truth[:, :8, :8])
