"""What every method promises beside its formula: it finds a planted primitive, resumes, runs on several devices."""

import json
import os
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import stand_in
from contract import IN_THE_STEP

from dartsx.catalog import INIT_SCALE, METHODS
from dartsx.runtime import Checkpointer
from dartsx.search import init_state, make_step

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_alphas_and_state_resume_exactly(stepped, tmp_path):
    with Checkpointer(tmp_path) as checkpoints:
        checkpoints.save(1, stepped.after)
        restored = checkpoints.restore_latest(jax.tree.map(jnp.zeros_like, stepped.after)).state
    ends = [stepped.step(state, *stepped.batches)[0] for state in (stepped.after, restored)]
    raw = [jax.tree.map(lambda x: np.asarray(_plain(x)), end) for end in ends]
    jax.tree.map(np.testing.assert_array_equal, *raw)


def _plain(x):
    return jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x


def test_a_planted_best_primitive_is_found_from_five_seeds(stepped, quick_jit):
    """By the options and initial alphas of each method's paper; its schedules fit the steps."""
    initial = METHODS[stepped.name].paper.get("alphas.init_scale", INIT_SCALE)
    problem = stand_in.problem(stepped.name, init_scale=initial)
    batches = [stand_in.batches(seed, size=32) for seed in range(16)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(tuple, batches))
    step = make_step(problem)

    def search(key):
        state = init_state(problem, key, stand_in.IMAGE)
        wide = jax.tree.map(lambda a: a.astype(jnp.float64), state.alpha)
        state = state._replace(alpha=wide, alpha_opt=problem.alpha_optimizer.init(wide))

        def one(state, i):
            return step(state, *jax.tree.map(lambda leaves: leaves[i % len(batches)], stacked))[0], None

        return jax.lax.scan(one, state, jnp.arange(stand_in.STEPS))[0].alpha

    keys = jax.random.split(jax.random.key(0), 5)
    found = jax.tree.map(np.asarray, quick_jit(jax.vmap(search))(keys))
    for seed in range(5):
        genotype = problem.method.derive(stand_in.SPACE, {name: a[seed] for name, a in found.items()})
        for cell_type, columns in stand_in.PLANTED.items():
            chosen = {e.source: e.primitive for e in genotype.cell(cell_type).edges}
            assert chosen == {i: stand_in.SPACE.primitives[c] for i, c in enumerate(columns)}, (seed, cell_type)


CHILD = """
import sys
import jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_enable_x64", True)
sys.path.insert(0, "tests")
import stand_in
from dartsx.runtime import make_mesh, put_batch, put_replicated
from dartsx.search import make_step
import json
mesh, found = make_mesh(4), {}
quick = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
for name in sys.argv[1:]:
    for dtype in ("float64", "bfloat16"):
        problem, start = stand_in.midway(name, dtype)
        state, wide = put_replicated(start, mesh), jax.tree.leaves(start.alpha)[0].dtype
        train, valid = put_batch(tuple(stand_in.batches(dtype=wide)), mesh)
        after, metrics = jax.jit(make_step(problem), compiler_options=quick)(state, train, valid)
        leaves = {"alpha": jax.tree.leaves(after.alpha), "params": jax.tree.leaves(after.params)}
        found.setdefault(name, {})[dtype] = {
            "devices": len(train.images.sharding.device_set),
            "dtypes": sorted({str(x.dtype) for x in leaves["alpha"] + leaves["params"]}),
            "gradient": float(metrics["valid"]["alpha_gradient_norm"]),
            **{k: [np.asarray(x).tolist() for x in v] for k, v in leaves.items()},
        }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def elsewhere():
    """One step of every method on four emulated devices, in float64 and with bfloat16 activations."""
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", CHILD, *IN_THE_STEP]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_step_on_four_devices_is_the_step_on_one(stepped, elsewhere):
    there = elsewhere[stepped.name]["float64"]
    assert there["devices"] == 4
    for name in ("alpha", "params"):
        here = [np.asarray(leaf) for leaf in jax.tree.leaves(getattr(stepped.after, name))]
        for ours, theirs in zip(here, there[name], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_gradients_are_finite_with_bfloat16_activations(stepped, elsewhere):
    there = elsewhere[stepped.name]["bfloat16"]
    assert there["dtypes"] == ["float32"]
    for leaf in there["alpha"] + there["params"]:
        assert np.isfinite(leaf).all()
    assert np.isfinite(there["gradient"]) and there["gradient"] > 0
