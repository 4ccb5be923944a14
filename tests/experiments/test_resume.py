"""Searches that are killed, stopped, damaged or started twice end as if nothing had happened, or say what is wrong."""

import json
import shutil
import signal

import pytest

from dartsx.data import load_dataset

LOGS = ("metrics.jsonl", "alphas.jsonl", "genotypes.jsonl", "genotype.json")
PRIMITIVES = "--config.space.primitives=('none','skip_connect','avg_pool_3x3')"
LAST = 66  # steps, 22 of them an epoch

# The command in a process in which something goes wrong first.
WITH_FAULT = """
import os, pathlib, runpy, signal, sys, time
import jax, jax.numpy as jnp
from dartsx.progress import Progress
from dartsx.runtime import Checkpointer, loop

def send(number):
    while not pathlib.Path({workdir!r}, "checkpoints", "22").exists():
        time.sleep(0.01)  # it is written in the background
    os.kill(os.getpid(), number)

{fault}
runpy.run_module("experiments.search", run_name="__main__", alter_sys=True)
"""

AFTER_CHUNK = """
def update(self, step, *, original=Progress.update, **shown):
    original(self, step, **shown)
    if step == 33:
        send(signal.{signal})
Progress.update = update
"""

WHILE_WRITING = """
def watch(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("checkpoints/44"):
        send(signal.SIGKILL)
sys.addaudithook(watch)

def save(self, *arguments, original=Checkpointer.save):
    original(self, *arguments)
    self.wait()  # or the next epoch would go on meanwhile
Checkpointer.save = save
"""

BEFORE_CHECKPOINT = """
def save(self, step, *arguments, original=Checkpointer.save):
    if step == 44:
        send(signal.SIGKILL)
    original(self, step, *arguments)
Checkpointer.save = save
"""

NOT_A_NUMBER = """
def chunk(self, state, epoch, position, *rest, original=loop._Runner._chunk):
    if (epoch, position) == (1, 11):
        spoilt = jax.tree.map(lambda a: jax.device_put(a * jnp.nan, a.sharding), state.params)
        state = state._replace(params=spoilt)
    return original(self, state, epoch, position, *rest)
loop._Runner._chunk = chunk
"""


@pytest.fixture(scope="module")
def search(python, tiny_search):
    """Runs the command in a work directory, after a fault has been prepared if one is given."""

    def run(workdir, *flags, fault=None):
        code = WITH_FAULT.format(fault=fault, workdir=str(workdir))
        start = ("-m", "experiments.search") if fault is None else ("-c", code)
        return python(*start, f"--workdir={workdir}", *tiny_search, PRIMITIVES, *flags)

    return run


@pytest.fixture(scope="module")
def undisturbed(search, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("undisturbed") / "run"
    process = search(workdir)
    assert process.returncode == 0, process.stderr
    return workdir


@pytest.fixture(scope="module")
def stopped(search, tmp_path_factory):
    """Process and work directory of a search that got SIGTERM in its second epoch."""
    workdir = tmp_path_factory.mktemp("stopped") / "run"
    return search(workdir, fault=AFTER_CHUNK.format(signal="SIGTERM")), workdir


def read(workdir, name):
    return json.loads((workdir / name).read_text())


def steps(workdir):
    return sorted(int(folder.name) for folder in (workdir / "checkpoints").iterdir() if folder.name.isdigit())


def epochs_logged(workdir):
    return [json.loads(line)["epoch"] for line in (workdir / "alphas.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def assert_same_end(state_at, undisturbed):
    """Checks that a search ended as the undisturbed one: its logs byte by byte, its state bit by bit."""

    def bits(workdir):
        return {name: (a.dtype, a.shape, a.tobytes()) for name, a in state_at(workdir, LAST).items()}

    def check(workdir):
        for name in LOGS:
            assert (workdir / name).read_bytes() == (undisturbed / name).read_bytes(), name
        assert bits(workdir) == bits(undisturbed)
        assert read(workdir, "run.json")["status"] == "finished"
        assert read(workdir, "result.json")["valid_loss"] == read(undisturbed, "result.json")["valid_loss"]

    return check


def contents(workdir):
    """Bytes and time of every file but the lock, which every start takes."""
    files = [path for path in workdir.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.parametrize(
    ("fault", "checkpoints", "epochs"),
    [
        pytest.param(AFTER_CHUNK.format(signal="SIGKILL"), [22], [1], id="within-an-epoch"),
        pytest.param(WHILE_WRITING, [22], [1, 2], id="while-a-checkpoint-is-written"),
        pytest.param(BEFORE_CHECKPOINT, [22], [1, 2], id="between-logs-and-checkpoint"),
    ],
)
def test_a_killed_search_ends_as_an_undisturbed_one(search, assert_same_end, tmp_path, fault, checkpoints, epochs):
    workdir = tmp_path / "run"
    killed = search(workdir, fault=fault)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert steps(workdir) == checkpoints and epochs_logged(workdir) == epochs
    half_written = list((workdir / "checkpoints").glob("44*"))
    assert bool(half_written) == (fault == WHILE_WRITING)

    again = search(workdir)
    assert again.returncode == 0, again.stderr
    assert "epoch 1/3" not in again.stdout and "epoch 2/3" in again.stdout
    assert_same_end(workdir)
    assert sorted(path.name for path in (workdir / "checkpoints").iterdir()) == ["22", "44", "66"]


def test_sigterm_saves_says_how_to_resume_and_exits_cleanly(stopped):
    process, workdir = stopped
    assert process.returncode == 0, process.stderr
    assert "stopped by SIGTERM after step 33; the same command resumes" in process.stdout
    assert read(workdir, "run.json")["status"] == "stopped"
    assert steps(workdir) == [22, 33]
    assert not (workdir / "genotype.json").exists()


def test_a_stopped_search_goes_on_within_its_epoch(search, stopped, assert_same_end, tmp_path):
    workdir = shutil.copytree(stopped[1], tmp_path / "run")
    again = search(workdir)
    assert again.returncode == 0, again.stderr
    assert_same_end(workdir)
    assert 33 in steps(workdir)  # of three kept


def test_a_damaged_checkpoint_is_reported_and_the_one_before_taken(search, stopped, assert_same_end, tmp_path):
    workdir = shutil.copytree(stopped[1], tmp_path / "run")
    for file in (workdir / "checkpoints" / "33").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    again = search(workdir)
    assert again.returncode == 0, again.stderr
    assert "damaged checkpoint" in again.stderr and "going on from step 22" in again.stderr
    assert_same_end(workdir)


def test_a_finished_search_is_left_alone(search, undisturbed):
    before = contents(undisturbed)
    again = search(undisturbed)
    assert again.returncode == 0, again.stderr
    assert "is finished already; nothing to do" in again.stdout and "epoch" not in again.stdout
    assert contents(undisturbed) == before


def test_a_search_records_its_data_by_their_content(undisturbed):
    data = read(undisturbed, "run.json")["inputs"]["data"]
    assert (data["train"], data["test"], data["classes"], data["image_shape"]) == (1438, 359, 10, [12, 12, 1])
    assert data["fingerprint"] == load_dataset().identity.fingerprint


def test_another_config_is_refused_naming_the_field(search, undisturbed):
    before = contents(undisturbed)
    other = search(undisturbed, "--config.search.weights.momentum=0.8")
    assert other.returncode == 2
    assert "search.weights.momentum: 0.9 -> 0.8" in other.stderr
    assert "Traceback" not in other.stderr
    assert contents(undisturbed) == before


def test_nan_stops_with_step_and_tensors_and_the_checkpoint_before_it_serves(search, assert_same_end, tmp_path):
    workdir = tmp_path / "run"
    failed = search(workdir, fault=NOT_A_NUMBER)  # after step 33
    assert failed.returncode == 1
    assert "NaN or infinity at step 34 in: " in failed.stderr and "params." in failed.stderr
    assert "Traceback" not in failed.stderr
    assert read(workdir, "run.json")["status"] == "failed"
    assert steps(workdir) == [22]

    again = search(workdir)
    assert again.returncode == 0, again.stderr
    assert_same_end(workdir)
