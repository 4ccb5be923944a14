"""A search leads to the same alphas on one device, on eight, and in two processes, in both layouts."""

import json
import socket

import numpy as np
import pytest

STEPS = 5
TOLERANCE = 1e-5
SEED = 1  # no activation lies so near a kink that another order of sums moves it across, as with seed 0
FLAGS = (
    "--config.space.primitives=('none','avg_pool_3x3','sep_conv_3x3')",
    f"--config.search.max_steps={STEPS}",
    f"--config.seed={SEED}",
)
PIXELS = ("--config.search.layout=pixel_major",)
EIGHT = "--xla_force_host_platform_device_count=8"


@pytest.fixture(scope="module")
def search(python, tiny_search, quick_flags):
    """Starts the command in a work directory, with further flags of XLA."""

    def start(workdir, *flags, devices="", **options):
        command = ("-m", "experiments.search", f"--workdir={workdir}", *tiny_search, *FLAGS, *flags)
        return python(*command, XLA_FLAGS=f"{quick_flags} {devices}", **options)

    return start


@pytest.fixture(scope="module")
def alone(search, tmp_path_factory):
    """Work directory of one process with one device."""
    workdir = tmp_path_factory.mktemp("alone")
    process = search(workdir)
    assert process.returncode == 0, process.stderr
    return workdir


def records(workdir, name):
    return [json.loads(line) for line in (workdir / name).read_text().splitlines()]


def assert_same_search(workdir, alone):
    (expected,), (given,) = (records(folder, "alphas.jsonl") for folder in (alone, workdir))
    for cell in ("normal", "reduce"):
        assert np.abs(expected[cell]).max() > 0.01  # they have moved from their start near 0
        np.testing.assert_allclose(given[cell], expected[cell], rtol=0, atol=TOLERANCE)
    for there, here in zip(records(alone, "metrics.jsonl"), records(workdir, "metrics.jsonl"), strict=True):
        assert here.keys() == there.keys()
        if there["split"] != "diagnosis":
            assert here["loss"] == pytest.approx(there["loss"], abs=TOLERANCE)


def at_once(search, workdir, *flags):
    """Runs a search in two processes of one device each."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        address = f"localhost:{probe.getsockname()[1]}"
    together = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": "2"}
    processes = [search(workdir, *flags, wait=False, JAX_PROCESS_ID=str(number), **together) for number in range(2)]
    try:
        outputs = [process.communicate(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], outputs
    device = json.loads((workdir / "run.json").read_text())["device"]
    assert (device["processes"], device["count"]) == (2, 2)


@pytest.mark.parametrize("flags", [(), PIXELS], ids=["channel_major", "pixel_major"])
def test_eight_devices_search_as_one_with_statistics_of_the_whole_batch(search, alone, state_at, tmp_path, flags):
    process = search(tmp_path, *flags, "--config.mesh=8", devices=EIGHT)
    assert process.returncode == 0, process.stderr
    assert json.loads((tmp_path / "run.json").read_text())["device"]["count"] == 8
    assert_same_search(tmp_path, alone)
    expected, given = state_at(alone, STEPS), state_at(tmp_path, STEPS)
    # The mean of the variances within eighths of a batch would be smaller than the variance of the batch.
    statistics = [name for name in expected if name.startswith("batch_stats.")]
    assert statistics
    for name in statistics:
        np.testing.assert_allclose(given[name], expected[name], rtol=1e-4, atol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize("flags", [(), PIXELS], ids=["channel_major", "pixel_major"])
def test_two_processes_search_as_one(search, alone, tmp_path, flags):
    at_once(search, tmp_path, *flags)
    assert_same_search(tmp_path, alone)
    assert (tmp_path / "genotype.json").read_bytes() == (alone / "genotype.json").read_bytes()
