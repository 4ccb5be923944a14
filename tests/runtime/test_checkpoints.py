import pathlib
import signal
import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dartsx.runtime import (
    Checkpointer,
    CheckpointError,
    CheckpointMismatchError,
    make_mesh,
    named_leaves,
    put_replicated,
)


def make_state(seed=0, width=5):
    key = jax.random.key(seed)
    params = {
        "stem": jax.random.normal(key, (3, width)),
        "half": jax.random.normal(key, (4,)).astype(jnp.bfloat16),
        "odd": jnp.array([np.nan, -0.0, np.inf, 1e-45], jnp.float32),
        "none": jnp.zeros((0, 2)),
    }
    optimizer = optax.chain(optax.clip_by_global_norm(5.0), optax.adam(1e-3))
    state = {
        "params": params,
        "opt": optimizer.init(params),
        "step": jnp.int32(seed),
        "key": key,
        "keys": jax.random.split(jax.random.key(seed, impl="rbg"), 3),
        "host": np.arange(4, dtype=np.int64) * 2**40,
        "flag": jnp.array(True),
    }
    return state


def bits(tree):
    def raw(leaf):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return str(jax.random.key_impl(leaf)), np.asarray(jax.random.key_data(leaf)).tobytes()
        return str(leaf.dtype), leaf.shape, np.asarray(leaf).tobytes()

    return {name: raw(leaf) for name, leaf in named_leaves(tree)}


@pytest.fixture
def saved(tmp_path):
    """Folder with checkpoints of steps 1, 2, 3."""
    with Checkpointer(tmp_path / "checkpoints") as checkpointer:
        for step in (1, 2, 3):
            checkpointer.save(step, make_state(step), {"epoch": step, "position": [step, 7]})
    return tmp_path / "checkpoints"


def test_round_trip_is_exact_to_the_bit(saved):
    template = make_state(9)
    with Checkpointer(saved) as checkpointer:
        step, state, metadata = checkpointer.restore_latest(template)
    assert (step, metadata) == (3, {"epoch": 3, "position": [3, 7]})
    assert jax.tree.structure(state) == jax.tree.structure(template)
    assert bits(state) == bits(make_state(3))
    assert jax.random.bits(state["key"]) == jax.random.bits(make_state(3)["key"])


def test_restored_arrays_get_the_shardings_of_the_template(saved):
    template = make_state(9)
    del template["host"]
    template = put_replicated(template, make_mesh())
    with Checkpointer(saved.parent / "other") as checkpointer:
        checkpointer.save(1, template)
        checkpointer.wait()
        state = checkpointer.restore_latest(template).state
    assert bits(state) == bits(template)
    pairs = zip(named_leaves(state), named_leaves(template), strict=True)
    for (name, got), (_, want) in pairs:
        assert got.sharding.is_equivalent_to(want.sharding, got.ndim), name


def test_state_may_be_donated_while_it_is_written(tmp_path):
    advance = jax.jit(lambda tree: jax.tree.map(lambda x: x + 1, tree), donate_argnums=0)
    state = {f"w{i}": jnp.full((256, 256), i, jnp.float32) for i in range(8)}
    with Checkpointer(tmp_path) as checkpointer:
        checkpointer.save(1, state)
        for _ in range(20):
            state = advance(state)
        restored = checkpointer.restore_latest(state).state
    for i in range(8):
        assert np.all(np.asarray(restored[f"w{i}"]) == i)


def test_metadata_may_change_while_it_is_written(tmp_path):
    for attempt in range(5):  # a background write may happen to be early enough
        metadata = {"partial": {"train": {"loss": [1.0]}}}
        with Checkpointer(tmp_path / str(attempt)) as checkpointer:
            checkpointer.save(1, make_state(), metadata)
            metadata["partial"]["train"]["loss"].append(2.0)
            assert checkpointer.restore_latest(make_state()).metadata == {"partial": {"train": {"loss": [1.0]}}}


def test_empty_folder_restores_nothing(tmp_path):
    with Checkpointer(tmp_path / "new") as checkpointer:
        assert checkpointer.restore_latest(make_state()) is None


def test_only_the_newest_are_kept_and_a_step_is_saved_once(tmp_path):
    with Checkpointer(tmp_path, keep=2) as checkpointer:
        for step in (10, 20, 30, 30):
            checkpointer.save(step, {"a": jnp.ones(2)})
        checkpointer.wait()
        assert checkpointer.steps() == [20, 30]
    with pytest.raises(ValueError, match="keep=1"):
        Checkpointer(tmp_path, keep=1)


def test_due_counts_from_the_last_checkpoint(tmp_path):
    with Checkpointer(tmp_path, every_steps=100) as checkpointer:
        assert not checkpointer.due(99) and checkpointer.due(100) and checkpointer.due(130)
        checkpointer.save(130, {"a": jnp.ones(2)})
        assert not checkpointer.due(199) and checkpointer.due(200)
    with Checkpointer(tmp_path, every_steps=100) as checkpointer:
        assert not checkpointer.due(199) and checkpointer.due(200)


def data_files(step_folder):
    """Files that hold the arrays, largest first."""
    files = [path for path in step_folder.rglob("*") if path.is_file() and path.parent.name == "d"]
    return sorted(files, key=lambda path: -path.stat().st_size)


def truncate_data(folder):
    for path in data_files(folder):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove_data(folder):
    for path in data_files(folder):
        path.unlink()


def flip_bytes(folder):
    for path in data_files(folder):
        data = bytearray(path.read_bytes())
        for i in range(len(data) // 3, len(data), 7):
            data[i] ^= 0x55
        path.write_bytes(bytes(data))


def remove_metadata(folder):
    for path in (folder / "meta").iterdir():
        path.unlink()


def truncate_everything(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def remove_everything(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


# Orbax's own event loop may complain while it gives up on missing data.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize(
    "damage",
    [
        truncate_data,
        remove_data,
        flip_bytes,
        remove_metadata,
        truncate_everything,
        remove_everything,
    ],
)
def test_damaged_newest_falls_back_with_a_warning(saved, damage):
    damage(saved / "3")
    with Checkpointer(saved) as checkpointer:
        with pytest.warns(UserWarning, match=r"damaged.*step 3: .*going on from step 2"):
            step, state, _ = checkpointer.restore_latest(make_state(9))
        assert step == 2 and bits(state) == bits(make_state(2))
        # The run goes on and reaches the damaged step again.
        checkpointer.save(3, make_state(3))
        checkpointer.wait()
    assert (saved / "damaged-3").is_dir()
    with Checkpointer(saved) as checkpointer, warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert bits(checkpointer.restore_latest(make_state(9)).state) == bits(make_state(3))


def test_all_damaged_is_an_error_that_says_what_to_do(saved):
    for step in (1, 2, 3):
        truncate_everything(saved / str(step))
    with (
        Checkpointer(saved) as checkpointer,
        pytest.raises(CheckpointError, match="step 3: .*step 1: .*another work directory"),
    ):
        checkpointer.restore_latest(make_state(9))
    assert sorted(path.name for path in saved.iterdir()) == ["1", "2", "3"]


def test_checkpoint_of_another_state_is_an_error_naming_the_leaves(saved):
    template = make_state(9, width=6)
    del template["flag"]
    template["extra"] = jnp.ones(2, jnp.int8)
    with (
        Checkpointer(saved) as checkpointer,
        pytest.raises(CheckpointMismatchError) as caught,
    ):
        checkpointer.restore_latest(template)
    message = str(caught.value)
    assert "params.stem: float32[3, 5] there, float32[3, 6] here" in message
    assert "extra: absent there, int8[2] here" in message
    assert "opt.1.0.mu.stem" in message and "5 leaves differ" in message


def test_leaf_that_is_no_array_is_named(tmp_path):
    with Checkpointer(tmp_path) as checkpointer:
        for call in (lambda state: checkpointer.save(1, state), checkpointer.restore_latest):
            with pytest.raises(TypeError, match="opt.lr.*float"):
                call({"opt": {"lr": 0.1}})


KILLED_WHILE_WRITING = """
import os, signal, sys
import jax.numpy as jnp
from dartsx.runtime.checkpoints import Checkpointer

checkpointer = Checkpointer(sys.argv[1])
state = {f"w{i}": jnp.full((200, 1000), i, jnp.float32) for i in range(20)}
checkpointer.save(1, state, {"epoch": 1})
checkpointer.wait()
checkpointer.save(2, state, {"epoch": 2})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_while_writing_leaves_the_one_before(tmp_path):
    root = pathlib.Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path)], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "2").exists()
    template = {f"w{i}": jnp.zeros((200, 1000)) for i in range(20)}
    with Checkpointer(tmp_path) as checkpointer:
        step, state, metadata = checkpointer.restore_latest(template)
        assert (step, metadata) == (1, {"epoch": 1})
        assert all(np.all(np.asarray(state[f"w{i}"]) == i) for i in range(20))
        checkpointer.save(2, state)
        checkpointer.wait()
        assert checkpointer.steps() == [1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]
