"""Augmentation on the device, against plain NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.data import AugmentPolicy, augment, cutout, normalize, random_crop, random_flip

compiled = jax.jit(augment, static_argnames=("policy", "mean", "std", "dtype"))

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)


def random_images(batch, height=6, width=7, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 256, (batch, height, width, channels), dtype=np.uint8)


def test_normalize_is_the_formula():
    images = random_images(3)
    expected = (images / 255.0 - np.array(MEAN)) / np.array(STD)
    np.testing.assert_allclose(normalize(images, MEAN, STD), expected, rtol=1e-5, atol=1e-6)
    with jax.enable_x64(True):
        exact = normalize(jnp.asarray(images), MEAN, STD, jnp.float64)
    np.testing.assert_allclose(exact, expected, rtol=1e-14, atol=1e-15)


def test_normalize_rounds_to_bfloat16_only_once():
    images = random_images(3)
    once = normalize(images, MEAN, STD).astype(jnp.bfloat16)
    np.testing.assert_array_equal(normalize(images, MEAN, STD, jnp.bfloat16), once)


def windows(image, padding):
    """All windows of the zero-padded image, by corner."""
    padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    height, width, _ = image.shape
    return {
        (y, x): padded[y : y + height, x : x + width] for y in range(2 * padding + 1) for x in range(2 * padding + 1)
    }


def test_every_crop_is_one_of_the_windows_and_all_windows_occur():
    image = random_images(1)[0]
    images = np.broadcast_to(image, (1000, *image.shape))
    crops = np.asarray(jax.jit(random_crop, static_argnums=2)(jax.random.key(0), images, 2))
    assert crops.dtype == np.uint8
    corner_of = {window.tobytes(): corner for corner, window in windows(image, 2).items()}
    corners = [corner_of[crop.tobytes()] for crop in crops]  # KeyError: not a window
    counts = np.array([corners.count(corner) for corner in corner_of.values()])
    assert len(counts) == 25
    # 1000 draws from 25 equally likely windows: chi-squared with 24 degrees, 1e-6 quantile 74.
    assert ((counts - 40) ** 2 / 40).sum() < 74


def test_flips_mirror_about_half_of_the_images():
    images = random_images(400)
    flipped = np.asarray(jax.jit(random_flip)(jax.random.key(1), images))
    mirrored = (flipped == images[:, :, ::-1]).all((1, 2, 3))
    kept = (flipped == images).all((1, 2, 3))
    assert (mirrored ^ kept).all()
    assert 150 < mirrored.sum() < 250  # 5 standard deviations


def cutout_numpy(image, y, x, length):
    """The hole as the reference describes it, around centre (y, x)."""
    result = image.copy()
    half = length // 2
    result[max(y - half, 0) : y + half, max(x - half, 0) : x + half] = 0
    return result


@pytest.mark.parametrize("length", [4, 5, 16])
def test_every_cutout_has_a_centre_and_all_centres_occur(length):
    image = random_images(1)[0].astype(np.float32)
    height, width, _ = image.shape
    images = np.broadcast_to(image, (1200, *image.shape))
    cut = np.asarray(jax.jit(cutout, static_argnums=2)(jax.random.key(2), images, length))
    holes = {cutout_numpy(image, y, x, length).tobytes() for y in range(height) for x in range(width)}
    assert {c.tobytes() for c in cut} == holes


def test_cutout_area_runs_from_a_quarter_at_the_corner_to_the_whole_square():
    images = jnp.ones((4000, 32, 32, 1))
    cut = np.asarray(cutout(jax.random.key(3), images, 16))
    area = (cut == 0).sum((1, 2, 3))
    assert area.min() == 8 * 8 and area.max() == 16 * 16
    smallest = cut[area.argmin()][..., 0]
    assert (smallest[:8, :8] == 0).all()  # rows [0 - 8, 0 + 8): only the upper left corner has 8


def test_augment_is_crop_flip_normalize_cutout():
    images = random_images(64, 8, 8)
    policy = AugmentPolicy(crop_padding=2, flip=True, cutout=4)
    result = np.asarray(compiled(jax.random.key(4), images, policy, MEAN, STD))
    assert result.dtype == np.float32
    for image, out in zip(images, result, strict=True):
        candidates = [
            (view / 255.0 - np.array(MEAN)) / np.array(STD)
            for window in windows(image, 2).values()
            for view in (window, window[:, ::-1])
        ]
        erased = (out == 0).all(-1)
        # A pixel is the mean exactly where it was erased; elsewhere it is one view's.
        assert 4 <= erased.sum() <= 16
        assert any(np.allclose(out[~erased], c[~erased], atol=1e-5) for c in candidates)


def test_a_part_left_out_does_not_change_the_draws_of_the_others():
    images = random_images(16, 8, 8)
    key = jax.random.key(5)
    both = compiled(key, images, AugmentPolicy(2, True, 4), MEAN, STD)
    without = compiled(key, images, AugmentPolicy(2, True, 0), MEAN, STD)
    kept = np.asarray(both != 0)
    np.testing.assert_allclose(np.asarray(both)[kept], np.asarray(without)[kept], atol=1e-6)


def test_the_empty_policy_only_normalizes():
    images = random_images(4)
    result = augment(jax.random.key(0), images, AugmentPolicy(0, False, 0), MEAN, STD)
    np.testing.assert_array_equal(result, normalize(images, MEAN, STD))


@pytest.mark.parametrize("field", ["crop_padding", "cutout"])
def test_policy_refuses_negative_lengths(field):
    with pytest.raises(ValueError, match=f"{field}=-1"):
        AugmentPolicy(**{field: -1})
