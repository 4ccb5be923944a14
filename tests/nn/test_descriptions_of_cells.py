"""The descriptions of cell networks compute what their fast modules compute, weight by weight."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import CellNetwork, DescribedNetwork, TopologyNetwork
from dartsx.nn.places import from_steps, to_steps
from dartsx.spaces import Cell, Edge, Genotype, topology_from_string

NORMAL = Cell(
    (
        Edge("sep_conv_3x3", 0, 2),
        Edge("skip_connect", 1, 2),
        Edge("basic_block", 0, 3),
        Edge("max_pool_3x3", 1, 3),
        Edge("nor_conv_3x3", 2, 3),
        Edge("conv_7x1_1x7", 2, 4),
        Edge("fire", 3, 4),
    ),
    (2, 3, 4),
)
# Node 3 has no edge: it is no part of the output.
REDUCE = Cell(
    (Edge("dil_conv_5x5", 0, 2), Edge("skip_connect", 1, 2), Edge("avg_pool_3x3", 0, 4), Edge("sep_conv_5x5", 2, 4)),
    (2, 3, 4),
)
# Nothing reaches node 1, which two edges read.
TOPOLOGY = topology_from_string(
    "|none~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|nor_conv_3x3~2|"
)
CASES = {
    "cifar": (CellNetwork(Genotype(NORMAL, REDUCE), 4, 3, 5, auxiliary=True), 32),
    "imagenet": (CellNetwork(Genotype(NORMAL, REDUCE), 4, 3, 5, "imagenet"), 32),
    "nb201": (TopologyNetwork(TOPOLOGY, 4, 1, 5), 8),
}


def drawn(rng, like):
    """Weights, and running statistics, of which the variances are positive."""
    weights = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape) / 2, like["params"])
    statistics = jax.tree.map(lambda leaf: rng.uniform(0.5, 1.5, leaf.shape), like["batch_stats"])
    return jax.tree.map(
        lambda value, leaf: value.astype(leaf.dtype), {"params": weights, "batch_stats": statistics}, dict(like)
    )


@pytest.mark.parametrize("case", CASES)
def test_a_description_computes_what_the_module_computes(case, x64, quick_jit):
    module, size = CASES[case]
    rng = np.random.default_rng(0)
    images = jnp.asarray(rng.normal(size=(3, size, size, 3)))
    module = module.clone(dtype=jnp.float64)
    like = jax.eval_shape(lambda key: module.init(key, images, True), jax.random.key(0))
    variables = drawn(rng, like)
    described = DescribedNetwork(module.description, jnp.float64)
    steps = module.description.trace((size, size, 3), auxiliary=True)
    own = to_steps(module.places(steps), variables, steps)
    own_like = jax.eval_shape(lambda key: described.init(key, images, True), jax.random.key(0))
    assert jax.tree.map(jnp.shape, own) == jax.tree.map(jnp.shape, own_like)
    back = from_steps(module.places(steps), own, like)
    jax.tree.map(np.testing.assert_array_equal, back, variables)

    @quick_jit
    def logits(variables, own):
        return [
            (module.apply(variables, images, train), described.apply(own, images, train)) for train in (True, False)
        ]

    for train, (expected, got) in zip((True, False), logits(variables, own), strict=True):
        np.testing.assert_allclose(got.main, expected.main, rtol=1e-9, atol=1e-9)
        assert np.ptp(expected.main) > 1e-3
        assert (expected.auxiliary is not None) == (train and case == "cifar")
        if expected.auxiliary is not None:
            np.testing.assert_allclose(got.auxiliary, expected.auxiliary, rtol=1e-9, atol=1e-9)


def test_equal_cells_that_share_arrays_are_told_apart():
    normal = Cell((Edge("sep_conv_3x3", 0, 2), Edge("dil_conv_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
    reduce = Cell((Edge("max_pool_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
    module = CellNetwork(Genotype(normal, reduce), 4, 10, 5)
    images = jnp.zeros((1, 8, 8, 1))
    like = jax.eval_shape(lambda key: module.init(key, images, False), jax.random.key(0))
    assert any("to" in name for name in like["params"])  # some cells share arrays
    variables, steps = drawn(np.random.default_rng(0), like), module.description.trace((8, 8, 1))
    places = module.places(steps)
    taken = [place for arrays in places.values() for place in arrays.values()]
    assert len(set(taken)) == len(taken)
    own = to_steps(places, variables, steps)
    jax.tree.map(np.testing.assert_array_equal, from_steps(places, own, like), variables)
    described = DescribedNetwork(module.description)
    pair = jax.jit(lambda a, b, x: (module.apply(a, x, False).main, described.apply(b, x, False).main))
    expected, got = pair(variables, own, np.random.default_rng(1).normal(size=(2, 8, 8, 1)).astype(np.float32))
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
