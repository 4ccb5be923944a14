"""Networks of derived cells: shapes, drop path, precision, unusual genotypes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import CellNetwork
from dartsx.nn.derived_cell import cell_width, drop_path
from dartsx.spaces import Cell, Edge, Genotype, published

CELL = Cell((Edge("sep_conv_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
IMAGES = np.random.default_rng(0).normal(size=(8, 8, 8, 3)).astype(np.float32)


def small(**options):
    return CellNetwork(Genotype(CELL, CELL), channels=4, layers=3, **options)


def shapes(network, size):
    images = jnp.zeros((2, size, size, 3))
    return jax.eval_shape(lambda key: network.init_with_output(key, images, True), jax.random.key(0))


@pytest.fixture(scope="module")
def variables(quick_jit):
    return quick_jit(lambda key: small().init(key, IMAGES, True))(jax.random.key(0))


@pytest.fixture(scope="module")
def dropped(variables, quick_jit):
    """Logits by probability and key of drop path."""

    @quick_jit
    def apply(probability, key):
        return small().apply(variables, IMAGES, True, probability, rngs={"drop_path": key}).main

    return lambda probability, seed: apply(probability, jax.random.key(seed))


def test_drop_path_is_drawn_from_its_stream(dropped):
    np.testing.assert_array_equal(dropped(0.5, 0), dropped(0.5, 0))
    assert np.abs(dropped(0.5, 0) - dropped(0.5, 1)).max() > 1e-3


def test_drop_path_of_probability_zero_is_none(variables, dropped, quick_jit):
    plain = quick_jit(lambda: small().apply(variables, IMAGES, True).main)()
    np.testing.assert_allclose(dropped(0.0, 0), plain, rtol=1e-5, atol=1e-6)


def test_drop_path_drops_whole_images_and_keeps_the_mean():
    x = jnp.arange(1.0, 1 + 2 * 3 * 4).reshape(2, 3, 2, 2)
    y = drop_path(x, 0.5, jnp.array([1, 0, 1])[:, None, None])
    np.testing.assert_array_equal(y[:, 1], 0)
    np.testing.assert_array_equal(y[:, ::2], 2 * x[:, ::2])
    mask = jax.random.bernoulli(jax.random.key(0), 0.7, (100_000,))
    np.testing.assert_allclose(drop_path(jnp.ones(len(mask)), 0.7, mask).mean(), 1, atol=0.01)


def test_bfloat16_is_for_activations_only(variables, quick_jit, relative_error):
    @quick_jit
    def run():
        exact = small().apply(variables, IMAGES, True).main
        network = small(dtype=jnp.bfloat16)
        return exact, *network.apply(variables, IMAGES, True, mutable=["batch_stats"])

    exact, logits, state = run()
    leaves = jax.tree.leaves((logits.main, state, shapes(small(dtype=jnp.bfloat16), 8)))
    assert {leaf.dtype for leaf in leaves} == {np.dtype("float32")}
    assert relative_error(logits.main, exact) < 0.05


def test_the_auxiliary_head_stands_at_two_thirds():
    network = CellNetwork(published("DARTS_V2"), 4, 6, auxiliary=True)
    logits, variables = shapes(network, 32)
    assert logits.main.shape == logits.auxiliary.shape == (2, 10)
    # Cell 4 has 4 nodes of 16 channels.
    assert variables["params"]["auxiliary"]["conv1"]["kernel"].shape == (1, 1, 64, 128)


def test_the_imagenet_stem_reduces_three_times():
    network = CellNetwork(published("DARTS_V2"), 8, 4, classes=1000, stem="imagenet", auxiliary=True)
    logits, variables = shapes(network, 224)
    assert logits.main.shape == logits.auxiliary.shape == (2, 1000)
    params = variables["params"]
    assert params["stem"]["conv0"]["kernel"].shape == (3, 3, 3, 4)
    assert params["stem"]["conv2"]["kernel"].shape == (3, 3, 8, 8)
    assert set(params["cell0"]["pre0"]) == {"reduction", "bn"}
    assert set(params["auxiliary"]) == {"conv1", "bn1", "conv2", "classifier"}


def test_nodes_that_no_edge_enters_are_left_out():
    cell = Cell((Edge("max_pool_3x3", 0, 2), Edge("dil_conv_3x3", 2, 4)), (2, 3, 4))
    assert cell_width(cell) == 2
    logits, variables = shapes(CellNetwork(Genotype(cell, cell), 4, 3), 8)
    assert logits.main.shape == (2, 10)
    assert variables["params"]["classifier"]["kernel"].shape == (2 * 16, 10)


@pytest.mark.parametrize(("field", "allowed"), [("stem", "cifar, imagenet"), ("remat", "none, cell")])
def test_an_unknown_choice_is_refused(field, allowed):
    with pytest.raises(ValueError, match=f"unknown {field} 'tiny'; allowed: {allowed}"):
        shapes(small(**{field: "tiny"}), 8)
