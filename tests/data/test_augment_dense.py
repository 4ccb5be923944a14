"""Images, masks and boxes are moved together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.catalog import AugmentPolicy
from dartsx.data.augment_dense import Placement, drawn_placement, placed_boxes, placed_images, placed_masks
from dartsx.data.dense import IGNORED

MASK = np.arange(1, 31, dtype=np.uint8).reshape(1, 5, 6)


def placement(scale=1.0, shift=(0, 0), mirrored=False):
    return Placement(jnp.array([scale]), jnp.array([shift], jnp.float32), jnp.array([mirrored]))


@pytest.mark.parametrize("shift", [(0, 0), (1, -2), (-3, 4)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_whole_shifts_move_pixels_and_classes_exactly(shift, mirrored):
    down, right = shift
    padded = np.pad(MASK.astype(int), ((0, 0), (4, 4), (4, 4)), constant_values=IGNORED)
    expected = padded[:, 4 - down : 9 - down, 4 - right : 10 - right]
    expected = expected[:, :, ::-1] if mirrored else expected
    where = placement(shift=shift, mirrored=mirrored)
    np.testing.assert_array_equal(placed_masks(MASK, where), expected)
    pixels = placed_images(MASK[..., None], where)[..., 0]
    np.testing.assert_array_equal(pixels, np.where(expected == IGNORED, 0, expected))


def test_a_larger_image_is_interpolated_and_its_classes_are_copied():
    ramp = np.arange(6, dtype=np.uint8)[None, None, :, None].repeat(4, 1) * 10
    wide = np.asarray(placed_images(ramp, placement(scale=2.0)))[0, 1, :, 0]
    np.testing.assert_allclose(wide, [12.5, 17.5, 22.5, 27.5, 32.5, 37.5], rtol=1e-6)  # 10 (x + 0.5 - 3) / 2 + 25
    masks = np.asarray(placed_masks(ramp[..., 0], placement(scale=2.0)))[0, 1]
    np.testing.assert_array_equal(masks, [10, 20, 20, 30, 30, 40])


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (placement(), [[2, 4, 6, 8], [0, 0, 2, 2]]),
        (placement(shift=(1, 2)), [[3, 6, 7, 10], [1, 2, 3, 4]]),
        (placement(mirrored=True), [[2, 2, 6, 6], [0, 8, 2, 10]]),
        (placement(scale=2.0), [[0, 3, 8, 10]]),  # the second is outside, of the first the right end
        (placement(shift=(-1, 0)), [[1, 4, 5, 8], [0, 0, 1, 2]]),
        (placement(shift=(-1.6, 0)), [[0.4, 4, 4.4, 8]]),  # a fifth of the second is left
    ],
)
def test_boxes_move_with_the_image(where, expected):
    boxes = jnp.array([[[2, 4, 6, 8], [0, 0, 2, 2], [9, 9, 9, 9]]], jnp.float32)
    found, labels, counts = placed_boxes(boxes, jnp.array([[5, 7, 1]]), jnp.array([2]), where, (8, 10))
    assert counts.tolist() == [len(expected)]
    assert labels.tolist() == [[5, 7][: len(expected)] + [0] * (3 - len(expected))]
    np.testing.assert_allclose(found[0, : len(expected)], expected, rtol=1e-6)
    assert not found[0, len(expected) :].any()


def test_boxes_stay_around_the_classes_of_their_pixels():
    policy = AugmentPolicy(crop_padding=3, flip=True, scale=0.3)
    masks = np.zeros((16, 24, 24), np.uint8)
    masks[:, 9:15, 8:17] = 1
    where = drawn_placement(jax.random.key(0), 16, policy)
    boxes = jnp.tile(jnp.array([[[9, 8, 15, 17]]], jnp.float32), (16, 1, 1))
    found, _, counts = placed_boxes(boxes, jnp.ones((16, 1), jnp.int32), jnp.ones(16, jnp.int32), where, (24, 24))
    assert counts.tolist() == [1] * 16 and len(set(map(tuple, found[:, 0].tolist()))) == 16
    for mask, box in zip(np.asarray(placed_masks(masks, where)), found[:, 0], strict=True):
        rows, columns = np.nonzero(mask == 1)
        seen = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
        np.testing.assert_allclose(box, seen, atol=0.51)
