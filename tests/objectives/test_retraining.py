"""Networks trained from scratch as an objective."""

import numpy as np
import pytest

from dartsx.data import AugmentPolicy, from_arrays
from dartsx.data.text import TextDataset
from dartsx.nn.derived import network_of
from dartsx.objectives import retraining
from dartsx.objectives.retraining import VALIDATED, Retraining
from dartsx.retrain import Training
from dartsx.runtime import make_mesh
from dartsx.spaces import Scale, TopologySpace, named_space
from dartsx.tasks import TASKS

SPACE = TopologySpace(("none", "nor_conv_1x1", "skip_connect"), ((0, 1), (0, 2), (1, 2)))
TRAINING = Training(epochs=30, batch_size=8, learning_rate=0.1)
STILL = AugmentPolicy(0, False, 0)


def small(topology):
    return network_of("nb201", topology, channels=2, layers=1, classes=2)


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
    objective = Retraining(small, dataset, TRAINING, make_mesh(1), STILL, examples=16)
    drawn = cell("none", "skip_connect", "none")
    (scores,) = objective([drawn])
    assert scores["valid_accuracy"] == 100.0
    network = SPACE.network(drawn, Scale(channels=2, layers=1, classes=2))
    assert scores["params"] == network.params(4) and scores["macs"] == network.macs(4)
    assert scores["training_macs"] == network.macs(4) * 16 * 30
    wild = Retraining(small, dataset, Training(1, 8, learning_rate=1e38), make_mesh(1))
    (lost,) = wild([drawn], 2)
    assert set(lost) == {"params", "macs", "training_macs"}


def test_wrong_fidelities_are_named(dataset):
    with pytest.raises(ValueError, match="for 1 epoch or more, not for 0"):
        Retraining(small, dataset, TRAINING, make_mesh(1))([], 0)
    with pytest.raises(ValueError, match="4 examples to train on are fewer than a batch of 8"):
        Retraining(small, dataset, TRAINING, make_mesh(1), examples=4)([cell("none", "none", "none")])


def test_every_task_has_a_number_of_examples_that_are_held_out():
    assert set(VALIDATED) == set(TASKS)
    scored = {task: told.of(0.5) for task, told in VALIDATED.items()}
    perplexity = pytest.approx(2.718281828**-0.5)
    assert scored == {
        "classification": 50,
        "detection": 50,
        "segmentation": 50,
        "language": perplexity,
        "super_resolution": 0.5,
    }
    assert VALIDATED["language"].of(-1e4) == float("inf")


def test_cells_of_words_are_scored_by_perplexity(quick_jit, monkeypatch):
    monkeypatch.setattr(retraining, "jit", quick_jit)
    words = np.arange(200, dtype=np.int32) % 4  # after a word comes the next one
    text = TextDataset("counting", "counting", ("a", "b", "c", "d"), words, words, steps=4, context=4)
    space = named_space("recurrent")

    def network(cell):
        return network_of("recurrent", cell, space, channels=4, layers=1, classes=4, context=text.context)

    training = Training(epochs=40, batch_size=8, learning_rate=20.0, momentum=0.0, weight_decay=0.0, clip=0.1)
    objective = Retraining(network, text, training, make_mesh(1))
    (scores,) = objective([space.sample(np.random.default_rng(0))])
    assert set(scores) == set(objective.measures) == {"valid_perplexity", "params", "macs", "training_macs"}
    assert 1 < scores["valid_perplexity"] < 3  # 4: all words are as likely
    assert objective.main.utility(scores) == -scores["valid_perplexity"]
