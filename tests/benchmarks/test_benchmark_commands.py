"""The benchmark commands: what they refuse, what they print, and that each implementation runs in its own process."""

import importlib.util
import json
import subprocess
import sys

import pytest

from benchmarks import records, sizes, step, timing
from benchmarks.process import ROOT, Worker, WorkerError

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: pip install -e '.[bench]'"
)
TINY = {"channels": 2, "layers": 1, "batch": 2, "pixels": 8}
PYTORCH = TINY | {"layout": "nchw", "threads": 1, "dtype": "float32", "lean": False, "compile": False}


def test_one_field_of_a_size_can_be_overridden():
    arguments = step.parse(["--size=medium", "--batch=128"])
    assert sizes.chosen(arguments) == sizes.Size(8, 5, 128, 16)
    assert sizes.label(sizes.SIZES["full"]) == "full"
    assert sizes.label(sizes.chosen(arguments)) == "8-5-128-16"


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--size=huge", "choose from"),
        ("--skip=pytorch,torch", "unknown part 'torch'; allowed: pytorch, exact, warm"),
        ("--form=winograd", "choose from"),
        ("--batch=0", "must be 1 or more"),
    ],
)
def test_a_wrong_flag_is_refused(flag, message, capsys):
    with pytest.raises(SystemExit):
        step.parse([flag])
    assert message in capsys.readouterr().err


def test_second_order_is_measured_without_pytorch():
    assert set(step.parse(["--hypergradient=exact"]).skip) == {"pytorch", "exact"}


def test_median_and_quartiles():
    assert timing.summary([4.0, 1.0, 2.0, 3.0, 100.0]) == (3.0, 2.0, 4.0, 5)
    assert timing.summary([2.0]) == (2.0, 2.0, 2.0, 1)


def test_ratios_are_of_the_same_round():
    assert timing.ratio_by_round([[2.0], [20.0]], [[1.0], [10.0]]) == (2.0, 2.0, 2.0, 2)


def test_implementations_take_turns():
    order = []

    def ask(name):
        return lambda count: order.append(name) or [0.0] * count

    blocks = timing.in_turns({"a": ask("a"), "b": ask("b")}, rounds=2, block=3)
    assert order == ["a", "b", "a", "b"]
    assert blocks["a"] == [[0.0] * 3] * 2


@needs_torch
def test_a_worker_steps_and_tells_its_memory():
    with Worker("pytorch", PYTORCH, "cpu") as worker:
        assert worker.about["threads"] == 1
        assert all(seconds > 0 for seconds in worker.steps(2))
        assert 50 < worker.peak_mb() < 5000
        assert worker.start_seconds > 0


def test_a_worker_that_fails_is_reported():
    with pytest.raises(WorkerError, match="'pyTorch' ended without an answer"):
        Worker("pyTorch", PYTORCH, "cpu")


def test_a_worker_that_is_late_is_stopped():
    with pytest.raises(WorkerError, match="bound 0.01 s"):
        Worker("search", {}, "cpu", within=0.01)


@needs_torch
def test_the_step_command_prints_one_json_object():
    size = [f"--{name}={value}" for name, value in TINY.items()]
    quick = ["--rounds=1", "--block=1", "--skip=exact,warm", "--device=cpu", "--form=dense", "--format=json"]
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.step", *size, *quick],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "", "XLA_FLAGS": "--xla_backend_optimization_level=0", "OMP_NUM_THREADS": "1"},
    )
    result = json.loads(found.stdout)
    assert result["size"] == TINY
    assert result["ratio"] == pytest.approx(result["pytorch_s"] / result["dartsx_s"])
    for name in ("dartsx_s", "pytorch_s", "compile_cold_s", "peak_mb", "pytorch_peak_mb", "temporary_mb"):
        assert result[name] > 0
    assert result["launches"] >= result["kernels"] > 100
    assert result["exact_over_first"] is None and result["compile_warm_s"] is None

    text = records.record(result, step.table(result))
    assert "date  " in text and "jax 0." in text and "torch 2." in text
    assert "PyTorch / dartsx" in text and "exact / first" not in text
    assert json.loads(text.splitlines()[-1]) == result
