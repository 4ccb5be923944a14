"""Per-edge names and shapes: a lossless exchange for supernets and networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import CellNetwork, Supernet, per_edge, per_edge_network
from dartsx.spaces import DARTS, CellSpace, published


def shapes(module, *inputs):
    return jax.eval_shape(lambda key: module.init(key, *inputs, True), jax.random.key(0))


def supernet_case():
    space = CellSpace((*DARTS, "conv_7x1_1x7"), num_nodes=3)
    supernet = Supernet(space, channels=4, layers=4)
    mixture = jax.tree.map(jnp.zeros, space.alpha_shapes, is_leaf=lambda x: isinstance(x, tuple))
    return supernet, per_edge, shapes(supernet, jnp.zeros((2, 8, 8, 3)), mixture)


def network_case(stem, size):
    genotype = published("AmoebaNet-A")
    network = CellNetwork(genotype, 4, 4, stem=stem, auxiliary=True)
    return network, per_edge_network, shapes(network, jnp.zeros((2, size, size, 3)))


CASES = {
    "supernet": supernet_case,
    "cifar": lambda: network_case("cifar", 32),
    "imagenet": lambda: network_case("imagenet", 224),
}


@pytest.fixture(scope="module", params=list(CASES))
def case(request):
    module, names, like = CASES[request.param]()
    weights = list(names.weight_entries(module))
    statistics = list(names.statistics_entries(module))
    return weights, statistics, like


def random_like(tree):
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), tree)


def test_weights_survive_the_round_trip(case):
    entries, _, like = case
    tree = random_like(like["params"])
    arrays = per_edge.to_per_edge(tree, entries)
    assert len(arrays) == len(entries)
    assert sum(map(np.size, arrays.values())) == sum(map(np.size, jax.tree.leaves(tree)))
    back = per_edge.from_per_edge(arrays, entries, like["params"])
    jax.tree.map(np.testing.assert_array_equal, back, tree)


def test_statistics_survive_the_round_trip(case):
    _, entries, like = case
    tree = random_like(like["batch_stats"])
    arrays = per_edge.to_per_edge(tree, entries)
    assert len(arrays) == len(entries)
    back = per_edge.from_per_edge(arrays, entries, like["batch_stats"])
    jax.tree.map(np.testing.assert_array_equal, back, tree)


def test_edges_count_node_major():
    supernet, names, like = supernet_case()
    tree = random_like(like["params"])
    arrays = per_edge.to_per_edge(tree, names.weight_entries(supernet))
    # Edge 2 leads from node 0 to node 3: second edge by source.
    expected = tree["cell0"]["sep_conv_3x3"]["dw1"][1]
    np.testing.assert_array_equal(arrays["cell0/edge2/sep_conv_3x3/dw1"][:, :, 0], expected)


def test_kernels_in_another_layout_are_refused():
    supernet, names, like = supernet_case()
    entries = list(names.weight_entries(supernet))
    arrays = per_edge.to_per_edge(random_like(like["params"]), entries)
    arrays["stem/conv"] = arrays["stem/conv"].transpose(3, 2, 0, 1)
    with pytest.raises(ValueError, match=r"stem/conv: \(12, 3, 3, 3\) given, expected \(3, 3,"):
        per_edge.from_per_edge(arrays, entries, like["params"])
    del arrays["stem/conv"]
    with pytest.raises(KeyError, match="stem/conv"):
        per_edge.from_per_edge(arrays, entries, like["params"])
