"""What the tests of whole commands share: how to run one, a search that takes seconds, and its final state."""

import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

from dartsx.experiments.settings import load_config

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 300


@pytest.fixture(scope="session")
def python():
    """Starts Python with these arguments and further environment in the repository's root; waits unless told not to."""

    def start(*arguments, wait=True, **environment) -> subprocess.CompletedProcess | subprocess.Popen:
        command = [sys.executable, *map(str, arguments)]
        options = {"cwd": ROOT, "env": os.environ | environment, "text": True}
        if wait:
            return subprocess.run(command, capture_output=True, timeout=SECONDS, **options)
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    return start


@pytest.fixture(scope="session")
def compilation_cache(tmp_path_factory):
    """The flag of a cache that all commands share, so that each program is compiled once."""
    return f"--config.compilation_cache={tmp_path_factory.mktemp('compiled')}"


@pytest.fixture(scope="session")
def quick_flags(quick_options):
    """XLA_FLAGS with which a command compiles quickly and computes slowly."""
    return " ".join(f"--{name}={str(value).lower()}" for name, value in quick_options.items())


@pytest.fixture(scope="session")
def tiny_search(compilation_cache):
    """Flags of a search of digits with both kinds of cell, 22 steps an epoch in two chunks; add primitives."""
    return (
        compilation_cache,
        "--config.space.nodes=1",
        "--config.search.layers=3",
        "--config.search.channels=2",
        "--config.search.epochs=3",
        "--config.search.batch_size=32",
        "--config.search.chunk_steps=11",
        "--config.search.diagnosis.every=0",
    )


@pytest.fixture(scope="session")
def state_at():
    """Arrays of a work directory's checkpoint by name, however many devices wrote it."""
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])

    def read(workdir, step) -> dict[str, np.ndarray]:
        folder = workdir.resolve() / "checkpoints" / str(step) / "state"
        with ocp.StandardCheckpointer() as checkpointer:
            leaves = checkpointer.metadata(folder).item_metadata.tree
            wanted = {
                name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here) for name, leaf in leaves.items()
            }
            return {name: np.asarray(array) for name, array in checkpointer.restore(folder, wanted).items()}

    return read


@pytest.fixture
def digits_config():
    """The config of digits, which a test may change."""
    return load_config("configs/digits.py").copy_and_resolve_references().unlock()
