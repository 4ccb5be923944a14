import json
import pathlib
import re
import socket
import subprocess
import sys

import pytest

from dartsx.runtime import DistributedError, initialize_distributed
from dartsx.runtime.distributed import Join, plan

ROOT = pathlib.Path(__file__).parents[2]
SLURM = {
    "SLURM_JOB_ID": "7",
    "SLURM_STEP_NODELIST": "n[1-2]",
    "SLURM_NTASKS": "2",
    "SLURM_PROCID": "1",
    "SLURM_LOCALID": "0",
}
OWN = {"JAX_COORDINATOR_ADDRESS": "h:1", "JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "1"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (OWN, Join("environment", "h:1", 2, 1)),
        ({**OWN, **SLURM}, Join("environment", "h:1", 2, 1)),
        ({**OWN, "JAX_NUM_PROCESSES": "1", "JAX_PROCESS_ID": "0"}, None),
        (
            {**OWN, "JAX_PROCESS_ID": "", "JOB_COMPLETION_INDEX": "0"},
            Join("environment", "h:1", 2, 0),
        ),
        (SLURM, Join("SLURM")),
        ({**SLURM, "SLURM_NTASKS": "1"}, None),
        ({name: SLURM[name] for name in SLURM if name != "SLURM_STEP_NODELIST"}, None),
        ({"OMPI_MCA_orte_hnp_uri": "x", "OMPI_COMM_WORLD_SIZE": "4"}, Join("Open MPI")),
        ({"OMPI_MCA_orte_hnp_uri": "x", "OMPI_COMM_WORLD_SIZE": "1"}, None),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, None),
        (
            {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JOB_COMPLETION_INDEX": "3"},
            Join("Kubernetes"),
        ),
        ({"TPU_WORKER_HOSTNAMES": "a,b"}, Join("Cloud TPU")),
        ({"TPU_WORKER_HOSTNAMES": "localhost"}, None),
    ],
)
def test_environment_decides_whether_to_join(environment, expected):
    assert plan(environment) == expected


def test_arguments_come_before_the_environment():
    assert plan({**OWN, **SLURM}, "g:2", 3, 0) == Join("arguments", "g:2", 3, 0)
    assert plan(OWN, num_processes=1) is None


@pytest.mark.parametrize(
    ("environment", "arguments", "message"),
    [
        ({}, {"num_processes": 2}, "coordinator_address, process_id missing (from arguments)"),
        ({"JAX_PROCESS_ID": "1"}, {}, "coordinator_address, num_processes missing"),
        ({**OWN, "JAX_PROCESS_ID": "2"}, {}, "process_id=2 (from environment) must lie in 0 to"),
        ({**OWN, "JAX_NUM_PROCESSES": "two"}, {}, "JAX_NUM_PROCESSES='two': not a number"),
    ],
)
def test_incomplete_settings_are_refused(environment, arguments, message):
    with pytest.raises(DistributedError, match=re.escape(message)):
        plan(environment, **arguments)


def test_unknown_mode_is_refused_and_off_does_nothing(monkeypatch):
    with pytest.raises(DistributedError, match="'auto', 'off' and 'on'"):
        initialize_distributed(mode="maybe")
    monkeypatch.setenv("JAX_NUM_PROCESSES", "5")
    assert initialize_distributed(mode="off") is None


# Two processes, two emulated devices each: one work directory, one step, one checkpoint.
TOGETHER = """
import json, os, sys
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
import numpy as np
import jax, jax.numpy as jnp
import dartsx.runtime as rt

port, number, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
rt.initialize_distributed(f"localhost:{port}", 2, number)
workdir = rt.open_workdir(folder, {"seed": 1}, "search")
try:
    rt.open_workdir(folder, {"seed": 2}, "search")
    refused = False
except rt.WorkdirError:
    refused = True
mesh = rt.make_mesh()
state = rt.put_replicated({"w": np.ones(3, np.float32), "key": jax.random.key(1)}, mesh)
batch = np.arange(8.0, dtype=np.float32)
rows = rt.local_rows(8, mesh)
whole, local = rt.put_batch(batch, mesh), rt.put_batch(batch[rows], mesh, local=True)
def add(s, a, b):
    return {**s, "w": s["w"] + jnp.mean(a) + 10 * jnp.mean(b)}
step = jax.jit(add, donate_argnums=0)
state = step(state, whole, local)
with rt.Checkpointer(workdir.checkpoints) as checkpointer:
    checkpointer.save(4, state, {"epoch": 1})
    restored = checkpointer.restore_latest(state)
with rt.MetricsWriter(folder) as writer:
    writer.scalars(4, 1, "train", loss=1.0)
with rt.StopRequest() as stop:
    if number == 1:
        stop.request()
    stopped = stop.agreed()
print(json.dumps({
    "devices": mesh.size, "refused": refused, "primary": workdir.primary,
    "rows": [rows.start, rows.stop], "step": restored.step, "stopped": stopped,
    "w": np.asarray(restored.state["w"]).tolist(),
    "key": np.asarray(jax.random.key_data(restored.state["key"])).tolist(),
}))
"""


def test_two_processes_share_one_run(tmp_path):
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TOGETHER, str(port), str(number), str(tmp_path)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for number in range(2)
    ]  # fmt: skip
    try:
        outputs = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert all(process.returncode == 0 for process in processes), outputs
    results = [json.loads(out.splitlines()[-1]) for out, _ in outputs]
    for number, result in enumerate(results):
        assert result["devices"] == 4 and result["refused"] and result["stopped"]
        assert result["primary"] == (number == 0)
        assert result["rows"] == [4 * number, 4 * number + 4]
        assert result["step"] == 4
        assert result["w"] == [1 + 3.5 + 35.0] * 3
        assert result["key"] == [0, 1]
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 1
