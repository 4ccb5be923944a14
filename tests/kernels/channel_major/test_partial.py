"""Partial channels, and mixtures of their own for every cell."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import network_cost
from dartsx.kernels.channel_major import partial
from dartsx.nn import Supernet
from dartsx.spaces import CellSpace

SPACE = CellSpace(("skip_connect", "avg_pool_3x3"), num_nodes=1)


@pytest.mark.parametrize("stride", [1, 2])
def test_joining_equals_the_released_formula_edge_by_edge(stride):
    rng = np.random.default_rng(0)
    size, k = 4, 4
    passing = rng.normal(size=(2, 6, 3, size * stride, size * stride)).astype(np.float32)
    mixed = rng.normal(size=(3, 2, 3, size, size)).astype(np.float32)
    edges = rng.uniform(size=(2, 3)).astype(np.float32)
    given = partial.rejoin(jnp.array(mixed), jnp.array(passing), jnp.array(edges), stride)
    for t in range(3):
        pooled = passing
        if stride == 2:
            corners = [passing[..., i::2, j::2] for i in range(2) for j in range(2)]
            pooled = np.max(corners, 0)
        whole = np.concatenate([mixed[t], sum(edges[g, t] * pooled[g] for g in range(2))])
        # Channel c of group g goes to place c * K + g.
        shuffled = np.empty_like(whole)
        for group in range(k):
            for c in range(2):
                shuffled[c * k + group] = whole[group * 2 + c]
        np.testing.assert_allclose(given[t], shuffled, rtol=1e-5)


@pytest.fixture(scope="module")
def images():
    return jnp.asarray(np.random.default_rng(0).normal(size=(4, 8, 8, 3)), jnp.float32)


def mixture():
    rng = np.random.default_rng(1)
    rows = {name: rng.dirichlet(np.ones(2), shape[0]) for name, shape in SPACE.alpha_shapes.items()}
    return {name: jnp.asarray(row, jnp.float32) for name, row in rows.items()}


def test_a_supernet_with_partial_channels(images, quick_jit):
    nets = {k: Supernet(SPACE, channels=8, layers=2, classes=3, partial=k) for k in (1, 4)}
    variables = {
        k: quick_jit(lambda key, net=net: net.init(key, images, mixture(), True))(jax.random.key(0))
        for k, net in nets.items()
    }
    sizes = {k: sum(x.size for x in jax.tree.leaves(v["params"])) for k, v in variables.items()}
    assert sizes[4] < sizes[1]
    for k, net in nets.items():
        assert network_cost(net.description, (8, 8, 3)).params == sizes[k]
    apply = quick_jit(lambda m: nets[4].apply(variables[4], images, m, True))
    plain, weighted = apply(mixture()), apply({**mixture(), "reduce/edges": jnp.array([0.3, 0.7])})
    assert plain.shape == (4, 3) and np.isfinite(plain).all()
    assert not np.allclose(plain, weighted)  # what passes by is weighted
    np.testing.assert_allclose(apply({**mixture(), "reduce/edges": jnp.ones(2)}), plain, rtol=1e-6)


def test_every_cell_can_have_a_mixture_of_its_own(images, quick_jit):
    net = Supernet(SPACE, channels=4, layers=2, classes=3)
    assert net.cells == {"reduce": 1, "normal": 1} or sum(net.cells.values()) == 2
    deep = Supernet(SPACE, channels=2, layers=4, classes=3)
    assert deep.cells == {"normal": 2, "reduce": 2}
    variables = quick_jit(lambda key: deep.init(key, images, mixture(), True))(jax.random.key(0))
    apply = quick_jit(lambda m: deep.apply(variables, images, m, True))
    shared = mixture()
    own = {**shared, "normal": jnp.stack([shared["normal"]] * 2)}
    np.testing.assert_allclose(apply(own), apply(shared), rtol=1e-5, atol=1e-6)
    for cell in range(2):
        other = {**own, "normal": own["normal"].at[cell].set(own["normal"][cell, :, ::-1])}
        assert not np.allclose(apply(other), apply(shared), atol=1e-4)


@pytest.mark.parametrize("k", [3, 0])
def test_partial_channels_must_divide(k):
    with pytest.raises(ValueError, match=f"must divide the 8 channels, got {k}"):
        Supernet(SPACE, channels=8, layers=2, partial=k).plans()
