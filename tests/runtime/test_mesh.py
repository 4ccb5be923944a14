import json
import os
import pathlib
import re
import subprocess
import sys

import jax
import numpy as np
import pytest

from dartsx.runtime import (
    MeshError,
    batch_sharding,
    check_batch,
    local_rows,
    make_mesh,
    put_batch,
    put_replicated,
)

ROOT = pathlib.Path(__file__).parents[2]


def test_default_mesh_has_all_devices_on_one_axis():
    mesh = make_mesh()
    assert mesh.axis_names == ("data",) and mesh.size == jax.device_count()


@pytest.mark.parametrize("devices", [0, -1, 10_000])
def test_impossible_device_count_names_the_counts(devices):
    with pytest.raises(MeshError, match=f"{devices} devices asked.*{jax.device_count()} cpu"):
        make_mesh(devices)


def test_replicated_copy_can_be_donated_without_losing_the_original():
    mesh = make_mesh()
    original = {"w": jax.numpy.ones((64, 64)), "key": jax.random.key(3)}
    copy = put_replicated(original, mesh)
    add = jax.jit(lambda tree: {**tree, "w": tree["w"] + 1}, donate_argnums=0)
    add(copy)
    assert float(original["w"].sum()) == 64 * 64
    assert jax.random.key_data(original["key"]).tolist() == [0, 3]


# On eight emulated devices, which must be asked for before JAX starts.
EIGHT = """
import json, numpy as np, jax, jax.numpy as jnp
import dartsx.runtime as rt
mesh = rt.make_mesh()
images = np.arange(3 * 16 * 2, dtype=np.float32).reshape(3, 16, 2)
chunk = rt.put_batch(images, mesh, axis=1)
weights = rt.put_replicated(jnp.ones(2), mesh)
out = jax.jit(lambda w, x: jnp.mean(x * w, axis=1))(weights, chunk)
errors = []
for call in (lambda: rt.check_batch(20, mesh, "data.batch_size"), lambda: rt.make_mesh(9)):
    try:
        call()
    except rt.MeshError as error:
        errors.append(str(error))
print(json.dumps({
    "devices": mesh.size, "shard": chunk.addressable_shards[0].data.shape,
    "copies": len(weights.addressable_shards), "few": rt.make_mesh(2).size,
    "error": float(np.abs(out - images.mean(1)).max()), "errors": errors,
}))
"""


def test_eight_devices_share_a_batch():
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
    }
    out = subprocess.run(
        [sys.executable, "-c", EIGHT],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    result = json.loads(out)
    assert result["devices"] == 8 and result["copies"] == 8 and result["few"] == 2
    assert result["shard"] == [3, 2, 2]
    assert result["error"] < 1e-5
    batch, devices = result["errors"]
    assert "data.batch_size=20" in batch and "8 devices" in batch and "16 or 24" in batch
    assert "9 devices asked for, but 8 cpu" in devices


SPLIT = """
import dartsx.runtime as rt
rt.split_cpu(3)
mesh = rt.make_mesh()
rt.split_cpu(5)  # too late
print(mesh.size, rt.make_mesh().size, rt.processors(mesh))
"""


@pytest.mark.parametrize(("flags", "found"), [("", "3 3 1"), ("--xla_force_host_platform_device_count=2", "2 2 1")])
def test_a_cpu_is_split_unless_the_environment_says_how(flags, found):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    command = [sys.executable, "-c", SPLIT]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found


class FakeMesh:
    """As much of a mesh as the check of a batch looks at."""

    def __init__(self, size):
        self.size = size


@pytest.mark.parametrize(
    ("batch", "message"),
    [(3, "nearest valid: 8,"), (20, "nearest valid: 16 or 24,"), (0, "nearest valid: 8,"),
     (-8, "nearest valid: 8,")],
)  # fmt: skip
def test_uneven_batch_names_the_nearest(batch, message):
    with pytest.raises(MeshError, match=re.escape(message)):
        check_batch(batch, FakeMesh(8), "data.batch_size")


def test_even_batch_passes():
    check_batch(64, FakeMesh(8), "data.batch_size")


def test_batch_keeps_its_values_and_axis():
    mesh = make_mesh()
    count = mesh.size
    batch = {"image": np.arange(count * 6.0, dtype=np.float32).reshape(count * 2, 3)}
    placed = put_batch(batch, mesh)["image"]
    assert np.array_equal(placed, batch["image"])
    assert placed.sharding.is_equivalent_to(batch_sharding(mesh), 2)
    assert local_rows(count * 2, mesh) == slice(0, count * 2)
