"""Pairs for super-resolution: what bicubic down-scaling is, and what is refused."""

import numpy as np
import pytest

from dartsx.data import from_arrays
from dartsx.data.pairs import PairDataset, shrink


def keys(x):
    """The cubic kernel with a = -1/2."""
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def reference(image, scale):
    """Pixel by pixel in float64: every weight from the distance of the centres, divided by the sum of all weights."""
    small = np.zeros((image.shape[0] // scale, image.shape[1] // scale))
    for i, j in np.ndindex(small.shape):
        total = 0.0
        for y, x in np.ndindex(image.shape):
            weight = keys((y + 0.5) / scale - 0.5 - i) * keys((x + 0.5) / scale - 0.5 - j)
            small[i, j] += weight * image[y, x]
            total += weight
        small[i, j] /= total
    return small


@pytest.mark.parametrize("scale", [2, 4])
def test_the_low_resolution_is_the_image_under_a_stretched_cubic_kernel(scale):
    image = np.random.default_rng(scale).integers(0, 256, (12, 16)).astype(np.uint8)
    expected = np.clip(reference(image.astype(np.float64), scale), 0, 255)
    found = np.asarray(shrink(image[None, :, :, None], scale))[0, :, :, 0]
    clear = np.abs(expected % 1 - 0.5) > 1e-3  # where float32 cannot round to the other side
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(found[clear], np.round(expected)[clear])


def test_a_set_of_images_becomes_one_of_pairs():
    images = np.random.default_rng(0).integers(0, 256, (6, 12, 8, 3)).astype(np.uint8)
    dataset = from_arrays("mine", images[:4], np.array([0, 1, 0, 1]), images[4:], np.array([0, 1]))
    pairs = PairDataset(dataset, 4)
    assert pairs.image_shape == (3, 2, 3) and pairs.num_classes == 3 and pairs.label == "mine x4"
    assert pairs.identity != PairDataset(dataset, 2).identity
    with pytest.raises(ValueError, match=r"mine: images of 12x8 cannot be made 5 times smaller"):
        PairDataset(dataset, 5)
