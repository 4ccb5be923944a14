"""Detection against small, slow and exact computations of the same."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.detection import Found, anchor_boxes, average_precision, decode, detection, encode, find, iou, match
from dartsx.detection.loss import focal, smooth_l1
from dartsx.detection.precision import Truth
from dartsx.networks import network
from dartsx.networks.anchors import Anchors, finest_stride


class Batch(NamedTuple):
    images: jax.Array
    boxes: jax.Array
    labels: jax.Array
    counts: jax.Array


ANCHORS = Anchors(octaves=1, ratios=(1.0,))


def some_boxes(rng, count, size=40):
    corner = rng.integers(0, size - 20, (count, 2))
    return np.concatenate([corner, corner + rng.integers(4, 20, (count, 2))], 1).astype(np.float32)


def overlap(a, b):
    """IoU of two boxes."""
    height, width = (max(0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return height * width / (areas - height * width)


def test_anchors_are_those_of_the_paper():
    sizes = Anchors().sizes(8)
    assert [round(height * width) for height, width in sizes[::3]] == [32**2, 1625, 2580]  # 32, 32 2^(1/3), 32 2^(2/3)
    assert sizes[1] == pytest.approx((32 / 2**0.5, 32 * 2**0.5)) and sizes[2] == sizes[1][::-1]
    boxes = anchor_boxes(Anchors(), 64, 128, 8)
    assert len(boxes) == 9 * (8 * 16 + 4 * 8 + 2 * 4 + 1 * 2 + 1)
    np.testing.assert_allclose(boxes[9], [4 - 16, 12 - 16, 4 + 16, 12 + 16])  # the second pixel of the first row
    np.testing.assert_allclose(boxes[-9], [64 - 256, 64 - 256, 64 + 256, 64 + 256])  # of the one pixel of level 7


def test_a_detectors_rows_are_those_of_its_anchors():
    for size in (64, 50):
        rows = network("small_fpn").trace(size)[-1].shape[0]
        assert finest_stride(rows, size, size, 9) == 4 and len(anchor_boxes(Anchors(), size, size, 4)) == rows
    with pytest.raises(ValueError, match=r"9 anchors a pixel has .* rows for an image of 64x64, not 7"):
        finest_stride(7, 64, 64, 9)


def test_overlaps_and_offsets():
    rng = np.random.default_rng(0)
    a, b = some_boxes(rng, 5), some_boxes(rng, 7)
    np.testing.assert_allclose(iou(a, b), [[overlap(x, y) for y in b] for x in a], rtol=1e-5)
    np.testing.assert_allclose(decode(encode(a, b[:5]), b[:5]), a, rtol=1e-5, atol=1e-4)
    assert iou(jnp.zeros((1, 4)), jnp.zeros((1, 4))) == 0


def test_matching_against_a_search():
    rng = np.random.default_rng(1)
    anchors = anchor_boxes(ANCHORS, 40, 40, 4)
    boxes = np.concatenate([some_boxes(rng, 3), np.zeros((2, 4), np.float32)])
    matching = jax.jit(match)
    matched = matching(anchors, boxes, jnp.int32(3))
    table = np.array([[overlap(anchor, box) for box in boxes[:3]] for anchor in anchors])
    favourites = {int(table[:, j].argmax()): j for j in range(3)}
    assert len(favourites) == 3
    for i, row in enumerate(table):
        positive = i in favourites or row.max() >= 0.5
        assert (matched.positive[i], matched.negative[i]) == (positive, not positive and row.max() < 0.4)
        if positive:
            assert matched.box[i] == favourites.get(i, row.argmax())
    nothing = matching(anchors, boxes, jnp.int32(0))
    assert not nothing.positive.any() and nothing.negative.all()


def test_losses_by_their_formulas():
    scores = jnp.array([-2.0, 0.5, 3.0])
    p = 1 / (1 + np.exp(-np.array(scores, np.float64)))
    np.testing.assert_allclose(focal(scores, jnp.ones(3)), -0.25 * (1 - p) ** 2 * np.log(p), rtol=1e-5)
    np.testing.assert_allclose(focal(scores, jnp.zeros(3)), -0.75 * p**2 * np.log(1 - p), rtol=1e-4)
    np.testing.assert_allclose(smooth_l1(jnp.array([0.05, -0.3])), [0.05**2 / 0.2, 0.3 - 0.05], rtol=1e-5)


def test_the_loss_of_a_batch():
    """Perfect offsets cost nothing; boxes behind the count do not either, and an image without boxes has a loss."""
    anchors = anchor_boxes(ANCHORS, 32, 32, 4)
    boxes = np.array([[[8, 8, 24, 24], [2, 2, 9, 12]], [[0, 0, 5, 5], [0, 0, 4, 4]]], np.float32)
    matched = jax.jit(match)(anchors, boxes[0], jnp.int32(1))
    offsets = jax.jit(encode)(boxes[0][matched.box], anchors)
    rows = jnp.stack([jnp.concatenate([jnp.zeros((len(anchors), 3)), offsets], 1)] * 2)
    labels, counts = jnp.array([[1, 0], [0, 0]]), jnp.array([1, 0])
    value, metrics = jax.jit(detection(ANCHORS))(rows, Batch(jnp.zeros((2, 32, 32, 3)), boxes, labels, counts))
    assert metrics["box_loss"] == pytest.approx(0, abs=1e-9)
    positive, negative = int(matched.positive.sum()), int(matched.negative.sum())
    each = np.log(2) / 4  # of a score of 0, where p = 1/2
    first = each * (0.25 * positive + 0.75 * (2 * positive + 3 * negative)) / positive
    assert value == pytest.approx((first + each * 0.75 * 3 * len(anchors)) / 2, rel=1e-5)


def test_boxes_that_repeat_better_ones_are_suppressed():
    rng = np.random.default_rng(2)
    anchors = np.concatenate([some_boxes(rng, 20)] * 3) + rng.normal(size=(60, 4)).astype(np.float32)
    rows = np.concatenate([rng.normal(size=(60, 2)), np.zeros((60, 4))], 1).astype(np.float32)
    found = jax.jit(lambda rows, anchors: find(rows, anchors, (40, 40), candidates=120, most=100))(rows, anchors)
    pairs = sorted(((rows[i, c], i, c) for i in range(60) for c in range(2)), reverse=True)
    kept = []
    for score, i, label in pairs:
        box = np.clip(anchors[i], 0, 40)
        if all(label != other or overlap(box, place) <= 0.5 for _, place, other in kept):
            kept.append((score, box, label))
    count = int((found.scores >= 0).sum())
    assert count == len(kept) < 100
    np.testing.assert_allclose(found.scores[:count], [1 / (1 + np.exp(-score)) for score, *_ in kept], rtol=1e-5)
    np.testing.assert_array_equal(found.labels[:count], [label for *_, label in kept])
    np.testing.assert_allclose(found.boxes[:count], [box for _, box, _ in kept], rtol=1e-4, atol=1e-4)


def exact_precision(found, truth, threshold, label):
    """Area under precision (its maximum from there on) over 101 recalls, for a class; None without boxes of it."""
    said, total = [], 0
    for image, count in enumerate(truth.counts):
        here = [truth.boxes[image][j] for j in range(count) if truth.labels[image][j] == label]
        total += len(here)
        free = list(range(len(here)))
        for box, own, score in zip(found.boxes[image], found.labels[image], found.scores[image], strict=True):
            if own != label or score < 0:
                continue
            best = max(free, key=lambda j, box=box, here=here: (overlap(box, here[j]), j), default=None)
            hit = best is not None and overlap(box, here[best]) >= threshold
            if hit:
                free.remove(best)
            said.append((score, hit))
    if not total:
        return None
    hits = np.array([hit for _, hit in sorted(said, key=lambda pair: -pair[0])])
    recall, precision = hits.cumsum() / total, hits.cumsum() / np.arange(1, len(hits) + 1)
    return np.mean([max(precision[recall >= r], default=0) for r in np.linspace(0, 1, 101)])


def test_average_precision_is_exact():
    pytest.importorskip("pycocotools")
    rng = np.random.default_rng(3)
    boxes = np.stack([some_boxes(rng, 4) for _ in range(6)]).astype(np.float64)
    truth = Truth(boxes, rng.integers(0, 2, (6, 4)), np.array([4, 2, 0, 1, 3, 4]))  # of three classes two have boxes
    moved = np.concatenate([boxes + rng.normal(scale=1.0, size=boxes.shape), boxes[::-1]], 1)
    scores = -np.sort(-rng.random((6, 8)), 1)
    scores[:, 7] = -1
    found = Found(moved, np.concatenate([truth.labels, rng.integers(0, 3, (6, 4))], 1), scores)
    table = [
        [exact_precision(found, truth, threshold, label) for label in range(2)]
        for threshold in np.linspace(0.5, 0.95, 10)
    ]
    told = average_precision(found, truth, 3)
    assert 0.05 < told["ap"] < told["ap50"] < 1
    assert told["ap"] == pytest.approx(np.mean(table), abs=1e-12)
    assert told["ap50"] == pytest.approx(np.mean(table[0]), abs=1e-12)
    with pytest.raises(ValueError, match="no image has any"):
        average_precision(found, truth._replace(counts=np.zeros(6, int)), 3)


def test_what_is_missing_is_said_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pycocotools", None)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[detection\]'"):
        average_precision(None, None, 3)


def test_the_loss_falls_when_rows_follow_its_gradient():
    """The gradient is finite at rows of zeros, and a step along it lowers both parts."""
    boxes = np.array([[[8, 8, 24, 22]]], np.float32)
    batch = Batch(jnp.zeros((1, 32, 32, 3)), boxes, jnp.zeros((1, 1), int), jnp.ones(1, int))
    rows = jnp.zeros((1, len(anchor_boxes(ANCHORS, 32, 32, 4)), 5))
    step = jax.jit(jax.value_and_grad(detection(ANCHORS), has_aux=True))
    (before, parts), gradient = step(rows, batch)
    (after, later), _ = step(rows - 0.01 * gradient, batch)
    assert after < before and later["box_loss"] < parts["box_loss"] and later["class_loss"] < parts["class_loss"]
