"""The task of finding boxes, from data to average precision, and networks of the space of pyramids trained on it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.data import AugmentPolicy
from dartsx.data.scenes import load_scenes
from dartsx.detection import anchor_boxes, encode, match
from dartsx.feeds import InMemory
from dartsx.networks.anchors import RETINANET
from dartsx.nn.derived import network_of
from dartsx.objectives import retraining
from dartsx.objectives.retraining import Retraining
from dartsx.retrain import Training
from dartsx.runtime import make_mesh
from dartsx.spaces import SPACES
from dartsx.tasks import Detection, task_of

STILL = AugmentPolicy(0, False, 0)


@pytest.fixture(scope="module")
def dataset():
    pytest.importorskip("pycocotools")
    return load_scenes("digit_boxes", size=32, train=12, test=5)


def told_right(broken, batch):
    """Rows that say exactly where the boxes are; of images whose first pixel is above a bound they say nothing."""
    starts = jnp.asarray(anchor_boxes(RETINANET, 32, 32, 4))

    def of_image(image, boxes, labels, count):
        matched = match(starts, boxes, count)
        silent = image[0, 0, 0] > broken
        said = jax.nn.one_hot(labels[matched.box], 10) * (matched.positive & ~silent)[:, None]
        return jnp.concatenate([20 * said - 10, encode(boxes[matched.box], starts)], 1)

    return jax.vmap(of_image)(*batch)


def test_average_precision_of_all_test_images(dataset):
    task, mesh = task_of(dataset), make_mesh(1)
    assert isinstance(task, Detection)
    test = task.examples("test", STILL, "float32", mesh)
    feed = InMemory(test, test, 2, 0, mesh, task.collected, parts=(np.arange(5), np.arange(4)))
    evaluate = feed.evaluator(told_right, task.loss())
    right = evaluate(jnp.inf)
    assert right["ap"] == right["ap50"] == 1 and right["box_loss"] == pytest.approx(0, abs=1e-9)
    firsts = np.sort(np.asarray(test.plain(test.arrays).images)[:4, 0, 0, 0])
    half = evaluate(float(firsts[1]))
    assert 0.2 < half["ap"] < 0.9
    told = task.result(half)
    assert next(iter(told)) == "test_ap" and told["test_ap"] == 100 * half["ap"]
    assert task.score(half) == half["ap"] and task.score({"loss": 2.0}) == -2.0


def test_networks_of_the_space_are_scored_by_average_precision(dataset, quick_jit, monkeypatch):
    monkeypatch.setattr(retraining, "jit", quick_jit)
    space = SPACES["nas_fpn_small"]
    training = Training(1, 4, learning_rate=0.01)

    def network(pyramid):
        return network_of("described", pyramid, space, channels=4, layers=1, classes=dataset.num_classes)

    objective = Retraining(network, dataset, training, make_mesh(1), STILL, examples=4, train_fraction=0.7)
    (scores,) = objective([space.sample(np.random.default_rng(0))])
    assert set(scores) == {"valid_ap", "params", "macs", "training_macs"} == set(objective.measures)
    assert objective.main.name == "valid_ap" and 0 <= scores["valid_ap"] <= 100
