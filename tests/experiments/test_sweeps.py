"""Whole sweeps: of a stand-in by every scheduler and sampler, and of searches of digits as one command."""

import csv
import functools
import importlib.util
import json
import os
import pathlib
import sys

import pytest
from ml_collections import ConfigDict

from dartsx.experiments.settings import SettingsError
from dartsx.experiments.sweeps.configs import Setting
from dartsx.experiments.sweeps.plan import SweepPlan
from dartsx.experiments.sweeps.points import read_swept
from dartsx.experiments.sweeps.proposals import Fixed, Optuna
from dartsx.experiments.sweeps.run import run_sweep, summary
from dartsx.experiments.sweeps.rungs import budgets, halving, hyperband
from dartsx.experiments.sweeps.schedulers import Asha, Halving, Whole
from dartsx.experiments.trials import Here

TESTS = pathlib.Path(__file__).resolve().parents[1]
JOB = "stand_in_job:run"
needs_optuna = pytest.mark.skipif(
    importlib.util.find_spec("optuna") is None, reason="needs Optuna: pip install -e '.[optuna]'"
)


@pytest.fixture(autouse=True)
def job_is_found(monkeypatch):
    """The stand-in's checks and score, and where it is."""
    monkeypatch.setattr(sys, "path", [str(TESTS), *sys.path])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))


def setting(point):
    """More of x is better, until 7."""
    score = 1 - abs(float(point["x"]) - 7) / 10
    config = ConfigDict({"epochs": 9, "score": score, "seed": 0, **({"fails": "x"} if point.get("fails") else {})})
    return Setting(f"x={point['x']}", {"x": float(point["x"])}, config)


def sweep(root, scheduler=Whole, settings=None, proposals=None, seeds=(0,), **options):
    settings = [setting({"x": x}) for x in range(12)] if settings is None else settings
    given = SweepPlan(JOB, "valid_accuracy", settings, proposals or (lambda root: Fixed(settings)), scheduler)
    return run_sweep(given, root, list(seeds), True, options.pop("executor", Here), options.pop("max_failures", None))


def epochs_begun(root):
    return {folder.parent.name: folder.read_text().split() for folder in root.glob("*/begun")}


def test_every_seed_of_every_setting_is_run_and_told(tmp_path, capsys):
    results = sweep(tmp_path, settings=[setting({"x": 1}), setting({"x": 2, "fails": True})], seeds=(0, 5))
    assert [r.trial.name for r in results] == ["x=1-0", "x=1-5", "x=2-0", "x=2-5"]
    assert "[4/4] x=2-5: failed, FloatingPointError: x" in capsys.readouterr().out
    text = summary(results)
    assert text.startswith("trials: 2 finished, 2 failed") and "  x=2-0: FloatingPointError: x" in text


SCHEDULERS = {
    "halving": lambda draw: Halving([halving(12, 1, 9, 3)], draw),
    "hyperband": lambda draw: Halving(hyperband(1, 9, 3), draw),
    "asha": lambda draw: Asha(budgets(1, 9, 3), 3, draw),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_promoted_go_on_from_their_checkpoints_and_the_best_comes_to_the_end(tmp_path, name):
    results = sweep(tmp_path, SCHEDULERS[name])
    finished = [r.trial.name for r in results if r.status == "finished"]
    assert "x=7-0" in finished
    begun = epochs_begun(tmp_path)
    assert all(epochs == list(map(str, range(len(epochs)))) for epochs in begun.values())  # none was begun twice
    assert {len(epochs) for epochs in begun.values()} <= {1, 3, 9}
    if name != "hyperband":
        assert sum(map(len, begun.values())) < 12 * 9 / 2


@pytest.mark.parametrize("name", SCHEDULERS)
def test_an_early_stopped_sweep_that_was_cut_off_goes_on(tmp_path, name):
    class CutOff(Here):
        left = 9

        def wait(self, seconds):
            if not CutOff.left:
                raise KeyboardInterrupt
            CutOff.left -= 1
            return super().wait(seconds)

    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "cut", SCHEDULERS[name], executor=CutOff)
    again = sweep(tmp_path / "cut", SCHEDULERS[name])
    whole = sweep(tmp_path / "whole", SCHEDULERS[name])
    assert [r.trial for r in again] == [r.trial for r in whole]
    assert epochs_begun(tmp_path / "cut") == epochs_begun(tmp_path / "whole")
    told = [json.loads(line) for line in (tmp_path / "cut" / "ledger.jsonl").read_text().splitlines()]
    keys = [(line["trial"], line["epochs"], line["seed"]) for line in told]
    assert len(keys) == len(set(keys)) == len(again)


@needs_optuna
@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_samplers_learn_and_go_on_where_they_were_cut_off(tmp_path, sampler):
    swept = read_swept("x=0..20; y=0..1")

    def proposals(root, count):
        return Optuna(setting, root, sampler, swept, ["x"], count, 0)

    first = sweep(tmp_path, settings=None, proposals=functools.partial(proposals, count=12))
    more = sweep(tmp_path, settings=None, proposals=functools.partial(proposals, count=30))
    assert [r.trial.name for r in more[:12]] == [r.trial.name for r in first]
    drawn = [r.trial.setting["x"] for r in more]
    assert all(0 <= x <= 20 and x == round(x) for x in drawn)
    late, early = (sum(abs(x - 7) for x in part) / 10 for part in (drawn[20:], drawn[:10]))
    assert late < early  # nearer to the best than at the start


def test_without_optuna_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SettingsError, match="--sampler=tpe: needs the extra optuna: pip install -e '.\\[optuna\\]'"):
        Optuna(setting, tmp_path, "tpe", read_swept("x=0..1"), [], 3, 0)


# --------------------------------------------------------------------------- as one command
@pytest.fixture(scope="module")
def command(python, tiny_search, quick_flags):
    flags = (
        "--config.space.primitives=('none','skip_connect')",
        "--config.search.epochs=2",
        "--config.search.chunk_steps=22",
        "--sweep=search.alphas.learning_rate=1e-3,1e-1",
        "--seeds=0:2",
        "--scheduler=halving",
        "--eta=2",
    )
    return lambda root, *more: python(
        "-m", "experiments.sweep", f"--workdir={root}", *tiny_search, *flags, *more, XLA_FLAGS=quick_flags
    )


def test_searches_are_promoted_from_their_checkpoints_and_reported(command, tmp_path):
    root = tmp_path / "sweep"
    done = command(root)
    assert done.returncode == 0, done.stderr + done.stdout
    lines = [json.loads(line) for line in (root / "ledger.jsonl").read_text().splitlines()]
    assert [(line["epochs"], line["status"]) for line in lines] == [(1, "paused")] * 4 + [(None, "finished")] * 2
    assert {line["seed"] for line in lines} == {0, 1} and all(line["score"] > 0 for line in lines)
    assert all(line["device"]["kind"] == "cpu" and line["seconds"] > 0 for line in lines)
    with (root / "report" / "sweep1.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["epochs"], row["n"], row["seeds"]) for row in rows] == [("all", "2", "0, 1"), ("1", "2", "0, 1")]
    promoted = root / lines[-1]["trial"] / "member0"
    assert [json.loads(x)["epoch"] for x in (promoted / "genotypes.jsonl").read_text().splitlines()] == [1, 2]
    assert (root / "report" / "figures" / "sweep1_effects.svg").is_file()
    again = command(root)
    assert again.returncode == 0 and "started" not in again.stdout
    assert len((root / "ledger.jsonl").read_text().splitlines()) == len(lines)


def test_points_that_do_not_fit_are_named_before_anything_starts(command, tmp_path):
    wrong = command(tmp_path / "a", "--sweep=method=darts,pc_darts")
    assert wrong.returncode == 2
    assert "error: point 2 of 2 (method=pc_darts): --config.search.channels=2: partial channels must" in wrong.stderr
    assert not (tmp_path / "a").exists()
