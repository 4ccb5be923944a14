"""Strategies and shared weights in turns: ENAS, and any other."""

import json

import numpy as np
import pytest

from dartsx.data import AugmentPolicy, from_arrays
from dartsx.feeds import image_examples
from dartsx.objectives import shared_weights
from dartsx.objectives.shared_weights import SCORE
from dartsx.runtime import loop, make_mesh, open_workdir
from dartsx.search import Plan, Search, run_search
from dartsx.spaces import TopologySpace, from_json
from dartsx.strategies import make_strategy
from dartsx.strategies.shared_turns import Turn, Turns, in_turns

SPACE = TopologySpace(("none", "nor_conv_1x1", "skip_connect"), ((0, 1), (0, 2), (1, 2)))
TURN = Turn(asked=6, at_once=3, compared=3, compared_batches=2)
EPOCHS = 2


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (32, 4, 4, 3), np.uint8), np.arange(32, dtype=np.int32) % 4
    data = from_arrays("noise", images, labels, images, labels)
    return image_examples(data.train, data, AugmentPolicy(0, False, 0), "float32", make_mesh(1))


@pytest.fixture(autouse=True)
def _quick(quick_jit, monkeypatch):
    for module in (loop, shared_weights):
        monkeypatch.setattr(module, "jit", quick_jit)


def searched(examples, path, name="enas", options=None):
    """Runs or resumes a search in a folder."""
    strategy = make_strategy(name, [SCORE], {"hidden": 4, "repeats": True} if options is None else options)
    plan = Plan(SPACE, 4, channels=2, layers=1, epochs=EPOCHS, batch_size=4, chunk_steps=4)
    with open_workdir(path, {"strategy": name}, "search") as folder:
        return run_search(in_turns(plan, strategy, TURN), examples, mesh=make_mesh(1), folder=folder)


def logs(path):
    return {file.name: file.read_bytes() for file in path.glob("*.jsonl") if file.name != "timing.jsonl"}


def test_a_search_that_was_killed_between_epochs_ends_as_if_nothing_had_happened(examples, tmp_path, monkeypatch):
    whole = searched(examples, tmp_path / "whole")
    after = Turns.after

    def killed(self, state):
        if int(state.memory["turns"]) == 1:
            raise KeyboardInterrupt
        return after(self, state)

    with monkeypatch.context() as patch:
        patch.setattr(Turns, "after", killed)
        with pytest.raises(KeyboardInterrupt):
            searched(examples, tmp_path / "cut")
    resumed = searched(examples, tmp_path / "cut")
    assert resumed.architecture == whole.architecture
    assert logs(tmp_path / "cut") == logs(tmp_path / "whole")
    assert (tmp_path / "cut" / "genotype.json").read_bytes() == (tmp_path / "whole" / "genotype.json").read_bytes()
    lines = [json.loads(line) for line in (tmp_path / "whole" / "trials.jsonl").read_text().splitlines()]
    assert [line["query"] for line in lines] == list(range(TURN.asked * EPOCHS))
    for line in lines:
        SPACE.validate(from_json(line["architecture"]))
        assert 0 <= line["scores"]["score"] <= 1


def test_any_strategy_takes_turns_and_each_step_trains_what_was_asked_for(examples, tmp_path):
    found = searched(examples, tmp_path, "evolution", {"population": 4, "sample": 2})
    SPACE.validate(found.architecture)
    asked = np.asarray(found.state.memory["asked"]["normal"])
    assert asked.shape == (4, 3, 3) and (asked.sum(-1) == 1).all()  # 4 steps an epoch
    strengths = [json.loads(line) for line in (tmp_path / "strengths.jsonl").read_text().splitlines()]
    assert all(np.allclose(np.sum(line["normal"], -1), 1) for line in strengths)
    search = Search(Plan(SPACE, 4, channels=2, layers=1, batch_size=4), examples, 0, make_mesh(1))
    scores = shared_weights.shared_weights(search)(found.state, search.halves["valid"].reshape(4, 4))
    (score,) = scores([found.architecture])
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["genotype"] and result["valid_accuracy"] == pytest.approx(score[SCORE.name])


def test_numbers_that_do_not_divide_are_named():
    with pytest.raises(ValueError, match="asked=25 must be a multiple of at_once=10"):
        Turn(asked=25)
