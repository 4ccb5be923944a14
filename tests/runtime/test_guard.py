import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.runtime import NonFiniteError, all_finite, nonfinite_leaves


@pytest.fixture
def tree():
    return {
        "params": {"stem": jnp.ones((2, 3)), "head": jnp.ones(4, jnp.bfloat16)},
        "opt": (jnp.zeros(2), jnp.int32(1)),
        "key": jax.random.key(0),
        "loss": 1.0,
    }


def test_healthy_tree_has_no_nonfinite_leaves(tree):
    assert nonfinite_leaves(tree) == []
    assert bool(all_finite(tree))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_leaves_are_named(tree, bad):
    tree["params"]["head"] = tree["params"]["head"].at[2].set(bad)
    tree["opt"] = (jnp.array([0.0, bad]), tree["opt"][1])
    tree["loss"] = bad
    assert sorted(nonfinite_leaves(tree)) == ["loss", "opt.0", "params.head"]


def test_all_finite_works_inside_jit():
    check = jax.jit(all_finite)
    assert bool(check({"a": jnp.ones(3), "n": jnp.int32(2)}))
    assert not bool(check({"a": jnp.array([1.0, np.nan]), "n": jnp.int32(2)}))


def test_error_tells_step_tensors_and_metrics():
    error = NonFiniteError(120, [f"params.w{i}" for i in range(12)], {"loss": float("nan")})
    assert "step 120" in str(error)
    assert "params.w0" in str(error) and "and 4 more" in str(error)
    assert "loss=nan" in str(error)
    assert error.step == 120 and len(error.names) == 12
