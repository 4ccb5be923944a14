"""Scenes of digits, and what dense data sets check."""

import dataclasses

import numpy as np
import pytest

from dartsx.data.dense import IGNORED, Boxes, DenseSplit, Masks
from dartsx.data.scenes import _digits, load_scenes

SMALL = {"size": 32, "train": 6, "test": 3, "digits": 3}


@pytest.fixture(scope="module")
def both():
    return load_scenes("digit_scenes", **SMALL), load_scenes("digit_boxes", **SMALL)


def test_masks_and_boxes_tell_the_same_of_the_same_images(both):
    masked, boxed = both
    np.testing.assert_array_equal(masked.train.images, boxed.train.images)
    assert (masked.task, masked.num_classes, boxed.task, boxed.num_classes) == ("segmentation", 11, "detection", 10)
    for mask, boxes, labels, count in zip(
        masked.train.targets.masks, *boxed.train.targets.arrays().values(), strict=True
    ):
        assert set(np.unique(mask)) == {0, *(labels[:count] + 1)}
        covered = np.zeros_like(mask, bool)
        for (top, left, bottom, right), label in zip(boxes[:count].astype(int), labels[:count], strict=True):
            inside = mask[top:bottom, left:right] == label + 1
            assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
            covered[top:bottom, left:right] = True
        assert not mask[~covered].any()


def test_equal_seeds_make_equal_scenes_and_more_of_them_begin_alike(both):
    masked, _ = both
    more = load_scenes("digit_scenes", **SMALL | {"train": 8})
    np.testing.assert_array_equal(more.train.images[:6], masked.train.images)
    assert load_scenes("digit_scenes", **SMALL).identity == masked.identity
    assert load_scenes("digit_scenes", seed=1, **SMALL).identity.fingerprint != masked.identity.fingerprint


def test_train_and_test_show_other_digits():
    (train, _), (test, _) = _digits()
    assert not {each.tobytes() for each in train} & {each.tobytes() for each in test}


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        (Masks(np.zeros((2, 4, 4), np.int32)), r"masks must be uint8 \[N, 4, 4\], got int32 \[2, 4, 4\]"),
        (Masks(np.zeros((2, 4, 5), np.uint8)), r"masks must be uint8 \[N, 4, 4\], got uint8 \[2, 4, 5\]"),
        (Masks(np.full((2, 4, 4), IGNORED, np.uint8)), "every pixel has the class 255"),
        (Masks(np.zeros((3, 4, 4), np.uint8)), "2 images but 3 masks"),
        (
            Boxes(np.array([[[0, 0, 5, 2]]] * 2, np.float32), np.zeros((2, 1), np.int32), np.ones(2, np.int32)),
            r"lie in the image of 4x4, got \[0.0, 0.0, 5.0, 2.0\]",
        ),
        (
            Boxes(np.zeros((2, 1, 4), np.float32), np.zeros((2, 2), np.int32), np.ones(2, np.int32)),
            r"boxes are float32 \[2, 1, 4\]",
        ),
    ],
)
def test_wrong_targets_are_named(targets, problem):
    with pytest.raises(ValueError, match=problem):
        DenseSplit(np.zeros((2, 4, 4, 3), np.uint8), targets)


def test_a_class_that_the_data_set_lacks_is_named(both):
    with pytest.raises(ValueError, match="train labels run from 0 to .*, but 2 classes allow 0 to 1"):
        dataclasses.replace(both[0], classes=("ground", "zero"))


def test_rare_classes_weigh_more_the_more_balance_is_asked_for(both):
    masked, _ = both
    assert masked.class_weights is None
    masks = masked.train.targets.masks
    there = np.unique(masks)
    halfway, whole = (dataclasses.replace(masked, class_balance=balance).class_weights for balance in (0.5, 1))
    sums = [whole[k] * (masks == k).sum() for k in there]
    np.testing.assert_allclose(sums, masks.size)
    np.testing.assert_allclose(np.square(halfway), whole)
    assert len(whole) == 11 and np.isfinite(whole).all() and len(there) < 11
