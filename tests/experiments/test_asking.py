"""Searches by strategies as jobs: work directories that are resumed, and that evaluations and reports read."""

import json
import signal
import time

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from dartsx.configs.digits import get_config
from dartsx.experiments import search
from dartsx.experiments.jobs import asking
from dartsx.experiments.jobs.retraining import retrain_problem
from dartsx.experiments.jobs.setup import load_checked
from dartsx.experiments.settings import SettingsError, evaluate_settings, search_settings
from dartsx.experiments.settings.strategies import read_asking
from dartsx.objectives.objective import VALID_ACCURACY
from dartsx.report.runs import read_run
from dartsx.runtime import make_mesh
from dartsx.spaces import from_json

ASKED = read_asking("evolution", "population=4; sample=2", "retrain", 12, 2, 10)


class Table:
    """Stands for training; the search is told how many convolutions a cell has, of some cells nothing."""

    main = VALID_ACCURACY
    measures = {main.name: main}

    def __init__(self, mesh):
        self.mesh = mesh

    def __call__(self, architectures, budget=None):
        counts = [str(architecture).count("nor_conv") for architecture in architectures]
        return [{VALID_ACCURACY.name: 10.0 * count} if count else {} for count in counts]


@pytest.fixture
def config():
    config = get_config()
    config.space.name, config.mesh = "nb201", 1
    return config


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(asking, "retraining", lambda config, settings, dataset, mesh: Table(mesh))


def objective(config):
    settings = search_settings(config)
    return asking.retraining(config, settings, load_checked(settings, alone=True), make_mesh(1))


def test_a_search_by_retraining_is_a_work_directory_that_resumes_byte_for_byte(config, table, tmp_path):
    assert asking.run_asking(config, ASKED, tmp_path / "whole")
    log = (tmp_path / "whole" / "queries.jsonl").read_bytes()
    scores = [json.loads(line)["scores"].get(VALID_ACCURACY.name, 0) for line in log.splitlines()]
    run = read_run(tmp_path / "whole")
    assert run.method == "evolution, retraining" and len(scores) == 12
    assert 10 * str(run.genotype).count("nor_conv") == max(scores) == 100 * run.valid_accuracy
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("config.json", "run.json"):
        (cut / name).write_bytes((tmp_path / "whole" / name).read_bytes().replace(b'"finished"', b'"running"'))
    (cut / "queries.jsonl").write_bytes(log[: len(log) // 2])
    assert asking.run_asking(config, ASKED, cut)
    assert (cut / "queries.jsonl").read_bytes() == log
    assert from_json(json.loads((cut / "genotype.json").read_text())) == run.genotype


def test_a_stop_loses_no_training_and_seconds_are_added_up(config, monkeypatch, tmp_path):
    trained, folder = [], tmp_path / "stopped"

    class Slow(Table):
        """Takes its time, and is stopped within the second pair."""

        def __call__(self, architectures, budget=None):
            time.sleep(0.02)
            trained.append(len(architectures))
            if len(trained) == 3:
                signal.raise_signal(signal.SIGTERM)
            return super().__call__(architectures, budget)

    monkeypatch.setattr(asking, "retraining", lambda config, settings, dataset, mesh: Slow(mesh))
    assert not asking.run_asking(config, ASKED, folder)
    assert len((folder / "queries.jsonl").read_text().splitlines()) == len(trained) == 3
    assert json.loads((folder / "run.json").read_text())["status"] == "stopped"
    assert asking.run_asking(config, ASKED, folder)
    assert trained == 12 * [1]
    seconds = [json.loads(line)["seconds"] for line in (folder / "timing.jsonl").read_text().splitlines()]
    assert len(seconds) == 12 and min(seconds) >= 0.02
    assert json.loads((folder / "result.json").read_text())["seconds"] == pytest.approx(sum(seconds), abs=1e-3)


def test_networks_are_trained_as_an_evaluation_trains_them(config):
    config.space.name, config.dtype = "darts", "bfloat16"
    given = {"schedule": "exponential", "decay": 0.5, "learning_rate": 0.1, "learning_rate_min": 0.0, "epochs": 4}
    config.evaluate.update(given | {"warmup_epochs": 2, "average_from": 3, "network": "cifar", "drop_path": 0.25})
    found = objective(config)
    rates = found.training.rate(10)(np.arange(0, 40, 10))
    assert rates.tolist() == pytest.approx([0.05, 0.05, 0.025, 0.0125])
    assert (found.training.average_from, found.training.drop_path, found.dtype) == (3, 0.25, "bfloat16")
    config.genotype = "darts_v2"
    settings = evaluate_settings(config)
    problem = retrain_problem(settings, 10, 5)
    assert found.networks(settings.genotype) == problem.network
    assert found.training.epochs == problem.epochs and found.augment == settings.evaluate.augment


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("max_steps", 5, "for whole epochs; leave it out"),
        ("initial_weights", "weights.pt", "from drawn weights for whole epochs"),
        ("batch_size", 1000, "examples that train networks"),
        ("auxiliary", True, "has no auxiliary head"),
    ],
)
def test_what_such_a_training_does_not_do_is_refused(config, field, value, problem):
    config.evaluate[field] = value
    with pytest.raises(SettingsError, match=f"--config.evaluate.{field}={value!r}.*{problem}"):
        objective(config)


def test_wrong_flags_are_named(config, tmp_path):
    for name in ("enass", "all"):
        with pytest.raises(SettingsError, match=f"--strategy: unknown strategy '{name}'; allowed: random.*predictor$"):
            read_asking(name, "", "shared", 10, 10, 10)
    with pytest.raises(SettingsError, match="--options: 'rate' is not OPTION=VALUE"):
        read_asking("enas", "rate", "shared", 10, 10, 10)
    with pytest.raises(SettingsError, match="--asked=25: must be a multiple of --at_once=10"):
        read_asking("enas", "", "shared", 25, 10, 10)
    with pytest.raises(SettingsError, match="option rate=0 of enas must be above 0"):
        read_asking("enas", "rate=0", "shared", 10, 10, 10)
    config.population = 2
    with pytest.raises(SettingsError, match="one seed at a time"):
        asking.run_asking(config, ASKED, tmp_path)


@pytest.mark.parametrize("objective", ["shared", "retrain"])
def test_a_bound_on_the_cost_is_refused_with_what_to_do_instead(config, objective, tmp_path):
    config.search.cost.update({"kind": "macs", "target": 1e5, "within": True})
    asked = read_asking("random", "", objective, 2, 1, 1)
    message = "--config.search.cost.kind='macs': binds alphas, and --strategy has none.*dartsx.objectives.combined"
    with pytest.raises(SettingsError, match=message):
        asking.run_asking(config, asked, tmp_path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objective": "retrain"}, "--objective needs --strategy"),
        ({"options": "rate=1"}, "--options needs --strategy"),
        ({"asked": "100"}, "--asked needs --strategy"),
        ({"at_once": "1"}, "--at_once needs --strategy"),
        ({"compared": "5", "strategy": ""}, "--compared needs --strategy"),
        ({"compared": "5", "strategy": "enas", "objective": "retrain"}, "--compared needs --objective=shared"),
    ],
)
def test_flags_of_strategies_mean_nothing_without_one(given, message, config, tmp_path):
    flags.FLAGS.mark_as_parsed()  # not by parsing: flags of other programs that tests import are required
    with flagsaver.as_parsed(**given), pytest.raises(SettingsError, match=message):
        search.main(config, str(tmp_path))
