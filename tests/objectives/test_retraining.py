"""Networks trained from scratch as an objective."""

import numpy as np
import pytest

from dartsx.data import AugmentPolicy, from_arrays
from dartsx.objectives import retraining
from dartsx.objectives.retraining import Retraining, Training
from dartsx.runtime import make_mesh
from dartsx.spaces import Scale, TopologySpace

SPACE = TopologySpace(("none", "nor_conv_1x1", "skip_connect"), ((0, 1), (0, 2), (1, 2)))
TRAINING = Training(
    epochs=30, channels=2, layers=1, batch_size=8, learning_rate=0.1, augment=AugmentPolicy(0, False, 0)
)


@pytest.fixture
def dataset(quick_jit, monkeypatch):
    """Black and white images, which any network tells apart."""
    monkeypatch.setattr(retraining, "jit", quick_jit)
    labels = np.arange(64, dtype=np.int32) % 2
    images = np.repeat(255 * labels.astype(np.uint8), 4 * 4 * 3).reshape(64, 4, 4, 3)
    return from_arrays("black and white", images, labels, images, labels)


def cell(*primitives):
    return SPACE.architecture(dict(zip(SPACE.decisions, primitives, strict=True)))


def test_training_is_scored_and_what_diverges_has_no_accuracy(dataset):
    objective = Retraining(SPACE, dataset, TRAINING, make_mesh(1), images=16)
    drawn = cell("none", "skip_connect", "none")
    (scores,) = objective([drawn])
    assert scores["valid_accuracy"] == 100.0
    network = SPACE.network(drawn, Scale(channels=2, layers=1, classes=2))
    assert scores["params"] == network.params(4) and scores["macs"] == network.macs(4)
    assert scores["training_macs"] == network.macs(4) * 16 * 30
    wild = Retraining(SPACE, dataset, Training(1, 2, 1, 8, learning_rate=1e38), make_mesh(1))
    (lost,) = wild([drawn], 2)
    assert set(lost) == {"params", "macs", "training_macs"}


def test_wrong_fidelities_are_named(dataset):
    with pytest.raises(ValueError, match="for 1 epoch or more, not for 0"):
        Retraining(SPACE, dataset, TRAINING, make_mesh(1))([], 0)
    with pytest.raises(ValueError, match="4 images to train on are less than a batch of 8"):
        Retraining(SPACE, dataset, TRAINING, make_mesh(1), images=4)([cell("none", "none", "none")])
