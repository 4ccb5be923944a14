"""Damaged checkpoints restore the bits that were saved, or fall back, or say so.

Orbax opens a folder in some 50 ms, so the suite tries 100 mutations; DARTSX_MUTATIONS=2000 tries more.
"""

import os
import shutil
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mutation import mutations

from dartsx.runtime import Checkpointer, CheckpointError, CheckpointMismatchError

COUNT = int(os.environ.get("DARTSX_MUTATIONS", 100))
STATES = {step: {"a": jnp.arange(6.0) * step, "b": {"c": jnp.int32(step)}} for step in (1, 2)}
METADATA = {1: {"epoch": 1}, 2: {"epoch": 2}}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints") / "sound"
    with Checkpointer(folder) as checkpoints:
        for step, state in STATES.items():
            checkpoints.save(step, state, METADATA[step])
    return folder


def test_fuzz(sound, tmp_path):
    files = sorted(path.relative_to(sound) for path in (sound / "2").rglob("*") if path.is_file())
    damage = {
        file: mutations((sound / file).read_bytes(), seed, COUNT // len(files) + 1) for seed, file in enumerate(files)
    }
    outcomes = {1: 0, 2: 0}
    for number in range(COUNT):
        file = files[number % len(files)]
        folder = tmp_path / str(number)
        shutil.copytree(sound, folder)
        (folder / file).write_bytes(next(damage[file]))
        with warnings.catch_warnings(), Checkpointer(folder) as checkpoints:
            warnings.simplefilter("ignore")
            try:
                step, state, metadata = checkpoints.restore_latest(jax.tree.map(jnp.zeros_like, STATES[1]))
            except (CheckpointError, CheckpointMismatchError):
                continue
        assert jax.tree.all(jax.tree.map(np.array_equal, state, STATES[step])), file
        assert metadata == METADATA[step], file
        outcomes[step] += 1
        shutil.rmtree(folder)
    assert outcomes[1] and outcomes[2]  # some are harmless, most are found
