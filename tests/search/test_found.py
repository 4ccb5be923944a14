"""What a search says of what it has found: seconds of all that led there, a state to go on with, its accuracy."""

import dataclasses
import json
import math
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.data import AugmentPolicy, from_arrays
from dartsx.feeds import evaluation, image_examples
from dartsx.losses import classification
from dartsx.objectives.shared_weights import SCORE, shared_weights
from dartsx.runtime import Unrecorded, loop, make_mesh, open_workdir
from dartsx.search import Plan, Population, Search, members, selection
from dartsx.spaces import TopologySpace

SPACE = TopologySpace(("none", "nor_conv_1x1", "skip_connect"), ((0, 1), (0, 2), (1, 2)))
DERIVES, RESTS, SELECTS = 0.1, 0.2, 0.8  # seconds


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(0)
    labels = np.arange(34, dtype=np.int32) % 4  # which the mean colour tells
    images = (60 * labels[:, None, None, None] + rng.integers(0, 40, (34, 4, 4, 3))).astype(np.uint8)
    data = from_arrays("colours", images, labels, images, labels)
    return image_examples(data.train, data, AugmentPolicy(0, False, 0), "float32", make_mesh(1))


@pytest.fixture(autouse=True)
def _quick(quick_jit, monkeypatch):
    for module in (loop, evaluation, members, selection):
        monkeypatch.setattr(module, "jit", quick_jit)


def searched(examples, method, options, **given):
    """A finished search, and what it has found; 17 examples train the alphas, four batches and one more."""
    plan = Plan(SPACE, 4, method, {method: options}, channels=2, layers=1, epochs=2, batch_size=4, chunk_steps=4)
    search = Search(dataclasses.replace(plan, **given), examples, 0, make_mesh(1), shared_diagnosis=_refused)
    return search, search.run(Unrecorded())


def _refused(*_):
    raise AssertionError("there are no alphas to diagnose")


class Rests:
    """A stopping rule that takes its time and stops nothing."""

    def init(self, alpha, epochs):
        return {"stopped": np.array(False)}

    def update(self, memory, epoch):
        time.sleep(RESTS)
        return memory, epoch.alpha


def test_seconds_hold_all_that_finds_the_architecture_and_the_state_can_be_used(examples):
    def change(method, task):
        def select(*given):
            time.sleep(SELECTS)
            return method.select(*given)

        def discretize(*given):
            time.sleep(DERIVES)
            return method.discretize(*given)

        return dataclasses.replace(method, select=select, discretize=discretize, stop=Rests())

    search, found = searched(examples, "darts_pt", {"tune_epochs": 1}, change=change)
    # After each of two epochs an architecture is derived, and once more for the rule.
    assert 2 * (2 * DERIVES + RESTS) + SELECTS < found.seconds == search.clock.seconds
    assert all(np.isfinite(leaf.sum()) for leaf in jax.tree.leaves(found.state.params))
    assert found.state.step == 8  # tuning is no part of it
    jax.tree.map(lambda leaf: leaf.block_until_ready(), found.state)


def test_a_one_shot_search_tells_the_accuracy_of_what_it_has_found(examples):
    search, found = searched(examples, "fair_nas", {"candidates": 3, "strict": False}, diagnose_every=1)
    scores = shared_weights(search)(found.state, search.halves["valid"][:16].reshape(4, 4))
    drawn = [SPACE.sample(np.random.default_rng(seed)) for seed in range(6)]
    told = [search.evaluate(found.state, architecture)["accuracy"] for architecture in drawn]
    assert told == pytest.approx([score[SCORE.name] for score in scores(drawn)]) and len(set(told)) > 1
    assert found.valid["accuracy"] == pytest.approx(scores([found.architecture])[0][SCORE.name])


def test_a_population_whose_figures_are_not_finite_is_recorded(examples, tmp_path):
    def loss(outputs, batch):
        value, told = classification()(outputs, batch)
        return value, {**told, "lost": jnp.float32(jnp.inf)}

    plan = Plan(SPACE, 4, channels=2, layers=1, epochs=0, batch_size=4, loss=loss)
    population = Population(lambda values: plan, examples, (0, 1), make_mesh(1))
    folders = [open_workdir(tmp_path / f"member{seed}", {"seed": seed}, "search") for seed in (0, 1)]
    for seed, found in enumerate(population.run(folders=folders)):
        assert found.valid["lost"] == math.inf
        result = json.loads((tmp_path / f"member{seed}" / "result.json").read_text())
        assert result["valid_lost"] is None and 0 <= result["valid_accuracy"] <= 1
