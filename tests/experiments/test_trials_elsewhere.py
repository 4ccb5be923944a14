"""Executors of other machines: a local cluster of Ray, and a stand-in for Slurm's commands."""

import importlib.util
import json
import os
import pathlib
import sys

import pytest

from dartsx.experiments.trials import ExecutorError, Ledger, Listed, Trial, drive
from dartsx.experiments.trials.choose import make_executor
from dartsx.experiments.trials.handover import hand_over
from dartsx.experiments.trials.on_slurm import script
from dartsx.experiments.trials.resources import Resources

TESTS = pathlib.Path(__file__).resolve().parents[1]
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="needs Ray: pip install -e '.[ray]' (there is none for every Python)",
)


@pytest.fixture(autouse=True)
def found_everywhere(monkeypatch):
    """Other processes find the stand-in job and the project."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setattr(sys, "path", [str(TESTS), *sys.path])


def trial(name, epochs=2, **config):
    return Trial(name, "stand_in_job:run", {"epochs": epochs, "score": 1.0, **config}, (0,), {"name": name})


def run(root, trials, executor, resources):
    with Ledger(root, "valid_accuracy") as ledger, make_executor(executor, root, resources) as given:
        return {r.trial.name: r for r in drive(Listed(trials), given, ledger)}


def lines(root):
    return [json.loads(line) for line in (root / "ledger.jsonl").read_text().splitlines()]


@needs_ray
def test_a_worker_of_ray_that_is_killed_loses_nothing_and_counts_once(tmp_path):
    trials = [trial("killed", kills_itself_in=1), trial("fails", fails="loss is NaN"), trial("sound")]
    results = run(tmp_path, trials, "ray", Resources(retries=2))
    assert {name: r.status for name, r in results.items()} == {
        "killed": "finished",
        "fails": "failed",
        "sound": "finished",
    }
    assert results["fails"].problem == "FloatingPointError: loss is NaN"
    assert (tmp_path / "killed" / "begun").read_text().split() == ["0", "1", "1"]  # on from its checkpoint
    assert (tmp_path / "sound" / "begun").read_text().split() == ["0", "1"]
    assert sorted((line["trial"], line["status"], line["score"]) for line in lines(tmp_path)) == [
        ("fails", "failed", None),
        ("killed", "finished", 1.0),
        ("sound", "finished", 1.0),
    ]


SBATCH = """#!/bin/sh
echo "$2" >> "{root}/submitted"
for index in $(seq 0 {last}); do SLURM_ARRAY_TASK_ID=$index bash "$2" > /dev/null 2>&1 & done
echo "7;cluster"
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands of a Slurm with a queue that is always empty, and which runs arrays of two at once."""
    commands = {"sbatch": SBATCH.format(root=tmp_path, last=1), "squeue": "#!/bin/sh\n", "scancel": "#!/bin/sh\n"}
    (tmp_path / "bin").mkdir()
    for name, text in commands.items():
        path = tmp_path / "bin" / name
        path.write_text(text)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    return tmp_path


def test_trials_are_one_array_of_slurm_and_their_results_are_taken_up(slurm):
    results = run(slurm, [trial("a"), trial("b", fails="x")], "slurm", Resources())
    assert {name: r.status for name, r in results.items()} == {"a": "finished", "b": "failed"}
    assert len((slurm / "submitted").read_text().split()) == 1
    assert "FloatingPointError: x" in (slurm / "trials" / "b.log").read_text()
    (slurm / "ledger.jsonl").unlink()  # as if the command had been killed before it heard of the results
    again = run(slurm, [trial("a"), trial("b")], "slurm", Resources())
    assert {name: r.status for name, r in again.items()} == {"a": "finished", "b": "finished"}
    assert len((slurm / "submitted").read_text().split()) == 2  # the second of b alone


def test_a_job_that_is_gone_without_a_result_is_named(slurm, monkeypatch):
    monkeypatch.setattr("dartsx.experiments.trials.on_slurm._QUEUE_EVERY", 0)
    with make_executor("slurm", slurm, Resources()) as executor:
        (slurm / "bin" / "sbatch").write_text("#!/bin/sh\necho 7\n")
        executor.start(trial("a"))
        (result,) = executor.wait(0.1)
    assert result.status == "failed" and "left no result" in result.problem and "a.log" in result.problem


def test_the_script_asks_for_what_a_trial_needs(tmp_path):
    names = ["x=1-0", "it's"]
    for name in names:
        hand_over(tmp_path, trial(name))
    resources = Resources(cpus=4, gpus=1, memory=3 * 2**30, options=("--partition=gpu",))
    text = script(tmp_path, names, resources)
    for line in ("array=0-1", "cpus-per-task=4", "gpus-per-task=1", "mem=3072M", "partition=gpu", "signal=B:TERM@120"):
        assert f"#SBATCH --{line}\n" in text
    assert "gpus" not in script(tmp_path, names, Resources()) and "--mem" not in script(tmp_path, names, Resources())
    assert f'-m dartsx.experiments.trials {tmp_path} "$name"' in text and "x=1-0 'it'\"'\"'s'" in text


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExecutorError, match="no sbatch here; --dry_run prints the script"):
        make_executor("slurm", tmp_path, Resources()).__enter__()
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExecutorError, match="needs the extra ray: pip install -e '.\\[ray\\]'"):
        make_executor("ray", tmp_path, Resources())
