"""Proxies of an untrained supernet, one-hot at an architecture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import supernet_of
from dartsx.objectives import untrained as module
from dartsx.objectives.untrained import PROXIES, untrained
from dartsx.spaces import TopologySpace

SPACE = TopologySpace(("none", "nor_conv_1x1", "skip_connect"), ((0, 1), (0, 2), (1, 2)))


@pytest.fixture(scope="module")
def made(quick_jit):
    """A supernet, its variables and a batch."""
    supernet = supernet_of(SPACE, channels=2, layers=1, classes=3)
    inputs = jax.random.normal(jax.random.key(0), (4, 4, 4, 3))
    mixture = {name: jnp.asarray(rows, jnp.float32) for name, rows in SPACE.encode(cell("none")).items()}
    variables = quick_jit(lambda key: supernet.init(key, inputs, mixture, True))(jax.random.key(1))
    return supernet, variables, inputs, jnp.arange(4) % 3


def cell(*primitives):
    names = (primitives * 3)[:3]
    return SPACE.architecture(dict(zip(SPACE.decisions, names, strict=True)))


def test_scores_depend_on_the_chosen_weights_only(made, quick_jit, monkeypatch):
    monkeypatch.setattr(module, "jit", quick_jit)
    supernet, variables, inputs, labels = made
    names = ("snip", "synflow")
    objective = untrained(supernet, variables, inputs, labels, names)
    skips, convs = objective([cell("skip_connect"), cell("nor_conv_1x1")])
    assert set(skips) == set(names) < set(objective.measures) == set(PROXIES)
    assert all(np.isfinite(list(score.values())).all() for score in (skips, convs))
    assert convs["snip"] > 0 and convs["synflow"] != skips["synflow"]
    doubled = jax.tree_util.tree_map_with_path(
        lambda path, leaf: 2 * leaf if "cell" in jax.tree_util.keystr(path) else leaf, variables["params"]
    )
    changed = untrained(supernet, {**variables, "params": doubled}, inputs, labels, names)
    after_skips, after_convs = changed([cell("skip_connect"), cell("nor_conv_1x1")])
    assert after_skips == pytest.approx(skips, rel=1e-4)
    assert after_convs["synflow"] != pytest.approx(convs["synflow"], rel=1e-2)


def test_proxies_have_no_budget(made):
    with pytest.raises(ValueError, match="have no budget; given 3"):
        untrained(*made)([], 3)
