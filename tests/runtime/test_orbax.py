"""Both interfaces of Orbax do the same, and the next one reads what the current one wrote."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.runtime.orbax import CurrentSteps, NextSteps, open_steps

META = {"schema": 1, "leaves": {"a": "float32[2, 3]"}, "metadata": {"epoch": 2, "position": [1, 2]}}
PAIRS = [(CurrentSteps, CurrentSteps), (CurrentSteps, NextSteps), (NextSteps, NextSteps)]


def state(step):
    key = jax.random.key(step)
    return {"a": jax.random.normal(key, (2, 3)), "b/c": jnp.bfloat16([1.5]), "host": np.arange(4) * 2**40}


def bits(arrays):
    return {name: (str(array.dtype), np.asarray(array).tobytes()) for name, array in arrays.items()}


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: "-".join(kind.__name__ for kind in pair))
def opened(request, tmp_path_factory):
    """A folder into which one interface wrote steps 1 to 4, of which three stay, opened by one that reads it."""
    writes, reads = request.param
    folder = tmp_path_factory.mktemp("steps") / "checkpoints"
    steps = writes(folder, 3)
    for step in range(1, 5):
        steps.save(step, state(step), META | {"step": step})
        steps.wait()
    steps.close()
    steps = reads(folder, 3)
    yield folder, steps
    steps.close()


def test_what_was_written_is_read(opened):
    _, steps = opened
    assert steps.steps() == [2, 3, 4]
    assert steps.meta(3) == META | {"step": 3}
    assert bits(steps.state(3, state(0))) == bits(state(3))


def test_a_step_that_is_moved_away_is_gone_after_a_reload(opened, tmp_path):
    folder, steps = opened
    (folder / "4").rename(tmp_path / "4")
    steps.reload()
    assert steps.steps() == [2, 3]
    (tmp_path / "4").rename(folder / "4")
    steps.reload()


def test_the_installed_version_decides(tmp_path, monkeypatch):
    opened = open_steps(tmp_path / "now", 2)
    assert isinstance(opened, CurrentSteps)
    opened.close()
    monkeypatch.delattr("orbax.checkpoint.CheckpointManager")
    opened = open_steps(tmp_path / "later", 2)
    assert isinstance(opened, NextSteps)
    opened.close()
