"""Searches by strategies as jobs: work directories that are resumed, and that evaluations and reports read."""

import json

import pytest

from dartsx.configs.digits import get_config
from dartsx.experiments.jobs import asking
from dartsx.experiments.settings import SettingsError
from dartsx.experiments.settings.strategies import read_asking
from dartsx.objectives.objective import VALID_ACCURACY
from dartsx.report.runs import read_run
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
def config(monkeypatch):
    monkeypatch.setattr(asking, "retraining", lambda config, settings, dataset, mesh: Table(mesh))
    config = get_config()
    config.space.name, config.mesh = "nb201", 1
    return config


def test_a_search_by_retraining_is_a_work_directory_that_resumes_byte_for_byte(config, tmp_path):
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


def test_wrong_flags_are_named(config, tmp_path):
    with pytest.raises(SettingsError, match="unknown strategy 'enass'"):
        read_asking("enass", "", "shared", 10, 10, 10)
    with pytest.raises(SettingsError, match="--asked=25: must be a multiple of --at_once=10"):
        read_asking("enas", "", "shared", 25, 10, 10)
    with pytest.raises(SettingsError, match="option rate=0 of enas must be above 0"):
        read_asking("enas", "rate=0", "shared", 10, 10, 10)
    config.population = 2
    with pytest.raises(SettingsError, match="one seed at a time"):
        asking.run_asking(config, ASKED, tmp_path)
