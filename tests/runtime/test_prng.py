import subprocess
import sys

import jax
import numpy as np

from dartsx.runtime import at_step, stream


def bits(key):
    return jax.random.key_data(key).tolist()


def test_streams_and_steps_give_different_keys():
    root = jax.random.key(0)
    keys = [
        bits(at_step(stream(root, name), step))
        for name in ("drop_path", "train/augment", "valid/augment")
        for step in range(3)
    ]
    assert len({tuple(key) for key in keys}) == len(keys)


def test_stream_is_the_same_in_another_process():
    program = (
        "import jax; from dartsx.runtime.prng import stream, at_step; "
        "print(jax.random.key_data(at_step(stream(jax.random.key(7), 'drop_path'), 3)).tolist())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    here = bits(at_step(stream(jax.random.key(7), "drop_path"), 3))
    assert there.stdout.strip() == str(here)


def test_traced_step_equals_python_step():
    key = stream(jax.random.key(1), "relaxation")
    traced = jax.jit(at_step)(key, np.int32(12))
    assert bits(traced) == bits(at_step(key, 12))
