"""Columns that are not seen have weight 0 and no gradient, whatever the method."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.networks import Choice, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.search import Task, compose, relax
from dartsx.search.masked import present
from dartsx.spaces import DescribedSpace


def ragged():
    """Two decisions, of three and of two options."""
    block = ConvNorm(4)
    stage = (Choice("a", {"x": block, "y": block, "skip": None}), Choice("b", {"x": block, "skip": None}))
    return DescribedSpace(Network("ragged", (block,), (stage,), (Classifier(10),), "a test", 8))


@pytest.mark.parametrize("name", ["darts", "fair_darts", "gdas", "snas", "drnas", "reinmax", "beta_darts", "p_darts"])
def test_columns_behind_a_short_row_have_no_weight(name):
    space = ragged()
    method = compose(name, Task(space, {"decisions": 1}))
    alpha = method.init(jax.random.key(0), space.alpha_shapes)
    alpha["decisions"] = alpha["decisions"].at[1, 2].set(50.0)  # would win if it were seen

    def first(alpha):
        return method.mixture(alpha, jax.random.key(1), jnp.float32(0))["decisions"][1, 0]

    mixture = method.mixture(alpha, jax.random.key(1), jnp.float32(0))["decisions"]
    assert mixture[1, 2] == 0 and np.isfinite(mixture).all()
    strengths = method.strength(jax.tree.map(np.asarray, dict(alpha)))["decisions"]
    assert strengths[1, 2] == 0 and strengths[1, :2].min() > 0
    assert method.chances(alpha)["decisions"][1, 2] == 0
    gradient = jax.grad(first)(alpha)["decisions"]
    assert np.isfinite(gradient).all() and gradient[1, 2] == 0
    space.validate(method.derive(space, jax.tree.map(np.asarray, dict(alpha))))


@pytest.mark.parametrize("name", ["pc_darts", "oles"])
def test_methods_that_need_cells_say_so_by_name(name):
    with pytest.raises(ValueError, match=f"{name} needs a space of cells"):
        compose(name, Task(ragged(), {"decisions": 1}))


def test_entropy_of_undecided_rows_counts_their_options_alone():
    space = ragged()
    alpha = {"decisions": jnp.zeros(space.alpha_shapes["decisions"]).at[1, 2].set(50.0), "other": jnp.zeros(1)}
    undecided = relax.entropy(relax.softmax(present(alpha, space)))
    assert undecided == pytest.approx((np.log(3) + np.log(2)) / 2, rel=1e-6)
