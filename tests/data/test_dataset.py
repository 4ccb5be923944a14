"""What a data set in memory accepts, and its statistics."""

import numpy as np
import pytest

from dartsx.data import Dataset, Split
from dartsx.data.statistics import channel_statistics


def split(n=4, size=3, channels=3, high=2, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, size, size, channels), dtype=np.uint8)
    return Split(images, np.arange(n, dtype=np.int32) % high)


def dataset(**changes):
    fields = {
        "name": "toy",
        "label": "Toy",
        "classes": ("a", "b"),
        "train": split(),
        "test": split(2),
        "mean": (0.5,) * 3,
        "std": (0.2,) * 3,
    }
    return Dataset(**fields | changes)


def test_a_good_one_tells_its_shape():
    assert dataset().image_shape == (3, 3, 3)
    assert dataset().num_classes == 2
    assert len(dataset().train) == 4


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 3, 3, 1)), np.zeros(2, np.int32), "images must be uint8"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.int32), r"got uint8 \[2, 3, 3\]"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.zeros(2), "labels must be int32"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.zeros(3, np.int32), "2 images but 3 labels"),
        (np.zeros((0, 3, 3, 1), np.uint8), np.zeros(0, np.int32), "at least one image"),
    ],
)
def test_split_refuses(images, labels, message):
    with pytest.raises(ValueError, match=message):
        Split(images, labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test": split(2, size=5)}, r"train images are \[3, 3, 3\], test images \[5, 5, 3\]"),
        ({"train": split(high=3)}, "train labels run from 0 to 2, but 2 classes allow 0 to 1"),
        ({"mean": (0.5,)}, "3 channels, but mean has 1 entries"),
        ({"std": (0.2, 0.0, 0.2)}, "std must be positive"),
    ],
)
def test_dataset_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        dataset(**changes)


def test_statistics_are_those_of_numpy_in_float64():
    images = np.random.default_rng(1).integers(0, 256, (5000, 4, 5, 3), dtype=np.uint8)
    images[..., 2] //= 3
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255.0).mean((0, 1, 2)), rtol=1e-11)
    np.testing.assert_allclose(std, (images / 255.0).std((0, 1, 2)), rtol=1e-11)


def test_statistics_of_a_constant_channel_divide_by_one():
    assert channel_statistics(np.full((2, 3, 3, 1), 51, np.uint8)) == ((0.2,), (1.0,))
