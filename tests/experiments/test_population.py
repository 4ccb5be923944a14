"""A population leaves work directories that equal those of solo searches, resumes, and outlives a member's NaN."""

import json

import numpy as np
import pytest

from dartsx.report import RunError, read_runs
from dartsx.spaces import GenotypeError, from_json, resolve_genotype

STEPS, TOLERANCE = 5, 1e-5
WITH_WEIGHTS = "--config.space.primitives=('none','avg_pool_3x3','sep_conv_3x3')"
WITHOUT = "--config.space.primitives=('none','skip_connect','avg_pool_3x3')"
RATES, DECAYS = (1e-2, 2e-2, 5e-3, 4e-2), (1e-3, 1e-3, 1e-3, 2e-2)
TWO_DEVICES = "--xla_force_host_platform_device_count=2"
LOGS = ("metrics.jsonl", "alphas.jsonl", "genotypes.jsonl", "genotype.json")

# The command in a process in which something goes wrong first.
WITH_FAULT = """
import os, runpy, signal
import jax, jax.numpy as jnp
from dartsx.progress import Progress
from dartsx.runtime import loop
{fault}
runpy.run_module("experiments.search", run_name="__main__", alter_sys=True)
"""

# The first member is spoilt in the second epoch, and the command stopped in the third.
NAN_THEN_SIGTERM = """
def chunk(self, state, epoch, position, *rest, original=loop._Runner._chunk):
    if (epoch, position) == (1, 11):
        spoilt = jax.tree.map(lambda a: jax.device_put(a.at[0].set(jnp.nan), a.sharding), state.members.params)
        state = state._replace(members=state.members._replace(params=spoilt))
    return original(self, state, epoch, position, *rest)
loop._Runner._chunk = chunk

def update(self, step, *, original=Progress.update, **shown):
    original(self, step, **shown)
    if step == 55:
        os.kill(os.getpid(), signal.SIGTERM)
Progress.update = update
"""


def read(workdir, name):
    return json.loads((workdir / name).read_text())


def records(workdir, name):
    return [json.loads(line) for line in (workdir / name).read_text().splitlines()]


@pytest.fixture(scope="module")
def search(python, tiny_search):
    """Runs the command in a work directory, after a fault has been prepared if one is given."""

    def run(workdir, *flags, fault=None, **environment):
        start = ("-m", "experiments.search") if fault is None else ("-c", WITH_FAULT.format(fault=fault))
        return python(*start, f"--workdir={workdir}", *tiny_search, *flags, **environment)

    return run


@pytest.fixture(scope="module")
def four(search, tmp_path_factory):
    """Work directory of four members on two devices, two vmapped on each; each with a learning rate of its own."""
    workdir = tmp_path_factory.mktemp("population") / "four"
    flags = (WITH_WEIGHTS, f"--config.search.max_steps={STEPS}", "--config.mesh=2", "--config.seed=5")
    own = [f"--config.members.alphas.learning_rate={RATES}", f"--config.members.alphas.weight_decay={DECAYS}"]
    process = search(workdir, *flags, "--config.population=4", *own, XLA_FLAGS=TWO_DEVICES)
    assert process.returncode == 0, process.stderr
    return workdir


def test_a_member_equals_the_solo_search_of_its_config(four, python, compilation_cache, tmp_path):
    member = four / "member3"
    config = read(member, "config.json")
    assert (config["seed"], config["population"]) == (8, 1)
    assert config["search"]["alphas"]["learning_rate"] == RATES[3]
    given = (f"--config={member / 'config.json'}", "--config.mesh=1", compilation_cache)
    solo = python("-m", "experiments.search", *given, f"--workdir={tmp_path}")
    assert solo.returncode == 0, solo.stderr
    (expected,), (found,) = (records(folder, "alphas.jsonl") for folder in (tmp_path, member))
    for cell in ("normal", "reduce"):
        assert np.abs(expected[cell]).max() > 0.05  # they have moved, at a rate that no other member has
        np.testing.assert_allclose(found[cell], expected[cell], rtol=0, atol=TOLERANCE)
    logs = [records(folder, "metrics.jsonl") for folder in (tmp_path, member)]
    assert [record["split"] for record in logs[0]] == ["train", "valid", "diagnosis"]
    for there, here in zip(*logs, strict=True):
        assert here.pop("split") == there.pop("split")
        assert here == pytest.approx(there, rel=1e-4, abs=TOLERANCE)
    assert read(member, "genotype.json") == read(tmp_path, "genotype.json")
    result, alone = read(member, "result.json"), read(tmp_path, "result.json")
    assert result.keys() == alone.keys()
    assert result["valid_accuracy"] == alone["valid_accuracy"]
    assert result["valid_loss"] == pytest.approx(alone["valid_loss"], abs=TOLERANCE)


def test_every_member_is_a_search_to_reports_and_evaluations(four):
    found = read_runs([four])
    assert [run.path.name for run in found.searches] == [f"member{i}" for i in range(4)]
    assert [run.seed for run in found.searches] == [5, 6, 7, 8]
    assert read_runs([four.parent]).searches == found.searches
    assert len({str(run.groups) for run in found.searches}) == 4
    genotype, label = resolve_genotype(four / "member2")
    assert label == str(four / "member2")
    assert genotype == from_json((four / "member2" / "genotype.json").read_text())
    with pytest.raises(GenotypeError, match="a population of searches; choose one of its members, such as .*member0"):
        resolve_genotype(four)


def test_seconds_of_a_member_are_its_share(four):
    (together,) = records(four, "timing.jsonl")
    run = read(four, "run.json")
    assert (run["kind"], run["status"], run["population"], run["seed"]) == ("population", "finished", 4, 5)
    results = [read(four / f"member{i}", "result.json") for i in range(4)]
    for i, result in enumerate(results):
        assert result["seconds"] == results[0]["seconds"]
        # Of the steps, and of deriving four architectures twice.
        assert together["seconds"] / 4 - 1e-3 < result["seconds"] < together["seconds"]
        days = result["gpu_days"]  # both devices are one processor
        assert days == results[0]["gpu_days"] == pytest.approx(result["seconds"] / 86400, abs=1e-3 / 86400)
        assert read(four / f"member{i}", "run.json")["population"] == {"members": 4, "member": i}


def test_where_a_member_fails_and_the_run_is_stopped_the_others_end_undisturbed(search, state_at, tmp_path):
    two = (WITHOUT, "--config.population=2", "--config.population_chunk=1", "--config.mesh=1")
    undisturbed, workdir = tmp_path / "undisturbed", tmp_path / "run"
    assert search(undisturbed, *two).returncode == 0
    stopped = search(workdir, *two, fault=NAN_THEN_SIGTERM)
    assert stopped.returncode == 0, stopped.stderr
    assert "member0 (seed 0) failed, the others go on: NaN or infinity at step 34 in: " in stopped.stdout
    assert "stopped by SIGTERM after step 55" in stopped.stdout
    statuses = [read(folder, "run.json")["status"] for folder in (workdir, workdir / "member0", workdir / "member1")]
    assert statuses == ["stopped", "failed", "stopped"]

    again = search(workdir, *two)
    assert again.returncode == 0, again.stderr
    for name in LOGS:
        assert (workdir / "member1" / name).read_bytes() == (undisturbed / "member1" / name).read_bytes(), name
    ours, theirs = state_at(workdir, 66), state_at(undisturbed, 66)
    for name, array in ours.items():
        if name.startswith("members."):
            assert array[1].tobytes() == theirs[name][1].tobytes(), name
    assert read(workdir, "run.json")["failed"] == ["member0"]
    failed = read(workdir / "member0", "run.json")
    assert failed["status"] == "failed" and "step 34" in failed["error"]
    assert len(records(workdir / "member0", "alphas.jsonl")) == 1  # of the epoch before
    assert not (workdir / "member0" / "genotype.json").exists()
    found = read_runs([workdir])
    assert [run.path.name for run in found.searches] == ["member1"]
    assert [item.path.name for item in found.excluded] == ["member0"]


def test_a_folder_without_finished_members_is_no_run(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"schema": 1, "kind": "population", "status": "running"}))
    with pytest.raises(RunError, match="kind 'population'"):
        read_runs([tmp_path])
