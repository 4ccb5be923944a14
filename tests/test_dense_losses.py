"""Cross-entropy of pixels, and mean intersection over union over a whole set."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dartsx.feeds import Examples, Pixels, evaluator
from dartsx.losses import confusion, figures, pixel_classes
from dartsx.runtime import make_mesh

RANDOM = np.random.default_rng(0)
MASKS = RANDOM.choice([0, 1, 3, 255], (5, 4, 6)).astype(np.uint8)
LOGITS = RANDOM.standard_normal((5, 4, 6, 5)).astype(np.float32)


def reference(masks, taken):
    """Intersection over union of every class that is there or is predicted."""
    counted = masks != 255
    pairs = [(masks[counted] == c, taken[counted] == c) for c in range(5)]
    return [(a & b).sum() / (a | b).sum() for a, b in pairs if (a | b).any()]


def test_ignored_pixels_cost_nothing_and_images_count_equally():
    value, _ = pixel_classes(255)(LOGITS, Pixels(None, MASKS))
    each = optax.softmax_cross_entropy_with_integer_labels(LOGITS, np.where(MASKS == 255, 0, MASKS))
    np.testing.assert_allclose(
        value, np.mean([e[m != 255].mean() for e, m in zip(each, MASKS, strict=True)]), rtol=1e-6
    )
    nothing = pixel_classes(255)(LOGITS, Pixels(None, np.full_like(MASKS, 255)))[0]
    assert nothing == 0


def test_pixels_weigh_by_their_class_within_their_image():
    weights = (0.1, 1.0, 2.0, 3.0, 4.0)
    value, _ = pixel_classes(255, weights=weights)(LOGITS, Pixels(None, MASKS))
    costs = optax.softmax_cross_entropy_with_integer_labels(LOGITS, np.where(MASKS == 255, 0, MASKS))
    each = np.where(MASKS == 255, 0, np.take(weights, MASKS, mode="clip"))
    expected = [np.average(cost, weights=weight) for cost, weight in zip(np.asarray(costs), each, strict=True)]
    np.testing.assert_allclose(value, np.mean(expected), rtol=1e-6)
    alike, _ = pixel_classes(255, weights=(2.0,) * 5)(LOGITS, Pixels(None, MASKS))
    np.testing.assert_allclose(alike, pixel_classes(255)(LOGITS, Pixels(None, MASKS))[0], rtol=1e-6)
    assert pixel_classes(255, weights=weights)(LOGITS, Pixels(None, np.full_like(MASKS, 255)))[0] == 0


def test_the_union_is_taken_over_the_whole_set_whatever_the_batches():
    examples = Examples({"images": jnp.asarray(LOGITS), "masks": jnp.asarray(MASKS)}, plain=lambda r: Pixels(**r))
    test = evaluator(lambda state, batch: batch.images, pixel_classes(255), examples, make_mesh(1))
    expected = np.mean(reference(MASKS, LOGITS.argmax(-1)))
    for batch_size in (2, 5):
        told = test(None, np.arange(5), batch_size)
        assert list(told) == ["loss", "miou", "pixel_accuracy"]
        assert told["miou"] == pytest.approx(expected, rel=1e-14)
        assert told["pixel_accuracy"] == (LOGITS.argmax(-1) == MASKS)[MASKS != 255].mean()


def test_an_absent_class_counts_only_if_it_is_predicted():
    masks = np.zeros((1, 1, 4), int)
    logits = jax.nn.one_hot(jnp.array([[[0, 0, 0, 2]]]), 4)
    counts = confusion(logits, masks, masks == 0)
    assert counts.tolist() == [[3, 0, 1, 0], [0] * 4, [0] * 4, [0] * 4]
    assert figures({"loss": 1.0, "confusion": counts}) == {"loss": 1.0, "miou": 0.375, "pixel_accuracy": 0.75}
