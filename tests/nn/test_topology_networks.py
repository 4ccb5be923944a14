"""Networks and supernets of topologies: against a plain computation, against each other, against the benchmark."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.catalog import LAYOUTS
from dartsx.cost import network_cost
from dartsx.nn import Supernet, TopologyNetwork, TopologySupernet, supernet_of
from dartsx.spaces import NB201, SPACES, CellSpace, TopologySpace, nb201, topology_from_string

CELL = topology_from_string("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|")
SIZES = {"channels": 4, "layers": 1, "classes": 3}


def sizes(tree):
    return sum(np.prod(leaf.shape, dtype=int) for leaf in jax.tree.leaves(tree))


def shapes(module, size, *arguments):
    images = jnp.zeros((2, size, size, 3))
    return jax.eval_shape(lambda key: module.init_with_output(key, images, *arguments, True), jax.random.key(0))


# ---------------------------------------------------------------------- a plain computation, edge by edge
def normalize(x):
    mean = x.mean((1, 2, 3), keepdims=True)
    return (x - mean) / jnp.sqrt(((x - mean) ** 2).mean((1, 2, 3), keepdims=True) + 1e-5)


def convolve(x, kernel, stride=1):
    pad = [(len(kernel) // 2,) * 2] * 2
    return jax.lax.conv_general_dilated(x, kernel, (stride,) * 2, pad, dimension_numbers=("CNHW", "HWIO", "CNHW"))


def average(x):
    def windows(y):
        return jax.lax.reduce_window(y, 0.0, jax.lax.add, (1, 1, 3, 3), (1, 1, 1, 1), "SAME")

    return windows(x) / windows(jnp.ones_like(x))


def plain_cell(x, params, mixture, layout):
    states = {0: x}
    for row, (source, node) in enumerate(NB201.edges):
        at = layout.index((source, node))  # weights lie by source
        branches = (
            0 * states[source],
            states[source],
            normalize(convolve(jax.nn.relu(states[source]), params["nor_conv_1x1"]["conv"][at])),
            normalize(convolve(jax.nn.relu(states[source]), params["nor_conv_3x3"]["conv"][at])),
            average(states[source]),
        )
        total = sum(w * branch for w, branch in zip(mixture[row], branches, strict=True))
        states[node] = states.get(node, 0) + total
    return states[3]


def plain(params, images, mixture):
    """Logits of a supernet with one cell a stage; all affine batch norms are as they start."""
    layout = sorted(NB201.edges)
    x = normalize(convolve(images.transpose(3, 0, 1, 2), params["stem_conv"]["kernel"]))
    for stage in range(3):
        if stage:
            own = params[f"reduction{stage}"]
            y = normalize(convolve(jax.nn.relu(x), own["conv0"]["kernel"], 2))
            y = normalize(convolve(jax.nn.relu(y), own["conv1"]["kernel"]))
            halved = sum(x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4
            x = y + convolve(halved, own["shortcut"]["kernel"])
        x = plain_cell(x, params[f"cell{stage}"], mixture, layout)
    features = jax.nn.relu(normalize(x)).mean((2, 3))
    return features.T @ params["classifier"]["kernel"] + params["classifier"]["bias"]


@pytest.fixture(scope="module")
def setting(quick_jit):
    """Images, mixture and float64 variables of a tiny supernet."""
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        images = jnp.array(rng.normal(size=(3, 8, 8, 3)))
        mixture = {"normal": jax.nn.softmax(jnp.array(rng.normal(size=(6, 5))))}
        supernet = TopologySupernet(NB201, dtype=jnp.float64, **SIZES)
        variables = quick_jit(lambda key: supernet.init(key, images, mixture, True))(jax.random.key(0))
        return images, mixture, jax.tree.map(lambda leaf: leaf.astype(jnp.float64), variables), supernet


def test_the_supernet_equals_a_plain_computation_with_gradients(setting, x64, quick_jit):
    images, mixture, variables, supernet = setting

    def loss(logits):
        return (logits**2).sum(), logits

    def ours(params, rows):
        state = {**variables, "params": params}
        return loss(supernet.apply(state, images, {"normal": rows}, True))

    def theirs(params, rows):
        return loss(plain(params, images, rows))

    given = variables["params"], mixture["normal"]
    (_, logits), gradient = quick_jit(jax.value_and_grad(ours, (0, 1), has_aux=True))(*given)
    (_, wanted), expected = quick_jit(jax.value_and_grad(theirs, (0, 1), has_aux=True))(*given)
    np.testing.assert_allclose(logits, wanted, rtol=1e-9)
    flat = [dict(jax.tree.leaves_with_path(tree)) for tree in (gradient, expected)]
    for path, value in flat[0].items():
        if "bn" not in jax.tree_util.keystr(path):  # the plain one has no scale and bias
            np.testing.assert_allclose(value, flat[1][path], rtol=1e-7, atol=1e-9, err_msg=str(path))


@pytest.mark.parametrize("formulation", [{"remat": "branch"}, {"remat": "cell"}, {"layout": "pixel_major"}], ids=str)
def test_neither_recomputation_nor_the_layout_changes_anything(setting, x64, quick_jit, formulation):
    images, mixture, variables, supernet = setting
    other = supernet.clone(**formulation)
    logits = quick_jit(lambda v: other.apply(v, images, mixture, True))(variables)
    np.testing.assert_allclose(logits, plain(variables["params"], images, mixture["normal"]), rtol=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_one_hot_supernet_is_the_topologys_network(setting, x64, quick_jit, layout):
    images, _, variables, supernet = setting
    network = TopologyNetwork(CELL, dtype=jnp.float64, layout=layout, **SIZES)
    one_hot = {kind: jnp.array(rows) for kind, rows in NB201.encode(CELL).items()}
    layout = sorted(NB201.edges)

    @quick_jit
    def both():
        own = network.init(jax.random.key(1), images, True)
        params = dict(own["params"])
        for name, value in variables["params"].items():
            if not name.startswith("cell"):
                params[name] = value
                continue
            params[name] = dict(params[name])
            for k, edge in enumerate(CELL.edges):
                if edge.primitive.startswith("nor_conv"):
                    stacked = value[edge.primitive]["conv"][layout.index((edge.source, edge.node))]
                    params[name][f"op{k}"] = {**params[name][f"op{k}"], "weights": {"conv": stacked}}
        return (
            supernet.apply(variables, images, one_hot, True),
            network.apply({**own, "params": params}, images, True).main,
        )

    np.testing.assert_allclose(*both(), rtol=1e-9)


# ------------------------------------------------------------------------------------------- the benchmark
def test_networks_have_the_parameters_of_the_benchmark():
    topologies = [CELL, *map(nb201.cell_at, (6111, 1835, 15_624)), nb201.uniform_cell("none")]
    for dataset, classes in nb201.CLASSES.items():
        for topology in topologies[: None if classes == 10 else 1]:
            network = TopologyNetwork(topology, classes=classes)
            logits, variables = shapes(network, 32)
            assert logits.main.shape == (2, classes) and logits.auxiliary is None
            count = nb201.parameters(topology, dataset)
            assert sizes(variables["params"]) == count == network_cost(network.description, 32).params


def test_multiply_adds_are_those_of_the_benchmark():
    for topology in map(nb201.cell_at, range(0, 15_625, 1000)):
        convolutions = 35_389_440 * topology.count("nor_conv_3x3") + 3_932_160 * topology.count("nor_conv_1x1")
        cost = network_cost(TopologyNetwork(topology).description, 32)
        assert cost.macs + 10 == 7_783_050 + convolutions  # the table counts the linear layer's biases


def test_a_supernet_holds_all_candidates():
    supernet = TopologySupernet(NB201)
    mixture = {"normal": jnp.zeros((6, 5))}
    _, variables = shapes(supernet, 32, mixture)
    cost = network_cost(supernet.description, 32)
    assert sizes(variables["params"]) == cost.params
    norms = variables["batch_stats"]["cell0"]["norms"]
    assert set(norms) == {"nor_conv_1x1", "nor_conv_3x3"}
    assert variables["params"]["cell14"]["nor_conv_3x3"]["conv"].shape == (6, 3, 3, 64, 64)


# --------------------------------------------------------------------------------------------- other spaces
def test_each_space_has_its_supernet():
    assert isinstance(supernet_of(NB201, layers=1), TopologySupernet)
    assert supernet_of(CellSpace(), stem_multiplier=1, channels=8).stem_multiplier == 1
    assert isinstance(supernet_of(SPACES["s1"]), Supernet)


@pytest.mark.parametrize("remat", ["none", "branch", "cell"])
def test_graphs_may_lack_edges(remat):
    space = TopologySpace(("skip_connect", "nor_conv_1x1"), ((0, 1), (0, 2), (1, 3), (2, 3)))
    supernet = TopologySupernet(space, remat=remat, **SIZES)
    logits, _ = shapes(supernet, 8, {"normal": jnp.ones((4, 2)) / 2})
    assert logits.shape == (2, 3)


def test_edges_of_s1_mix_their_own_primitives_only():
    space = SPACES["s1"]
    supernet = Supernet(space, channels=2, layers=2)
    mixture = {kind: jnp.full(shape, 0.5) for kind, shape in space.alpha_shapes.items()}
    logits, _ = shapes(supernet, 8, mixture)
    assert logits.shape == (2, 10)
    full = jax.tree.map(np.asarray, space.expand(mixture))
    for kind, rows in full.items():
        for row, names in zip(rows, space.options[kind], strict=True):
            assert {space.primitives[column] for column in np.flatnonzero(row)} == set(names)


@pytest.mark.parametrize(
    ("options", "size", "message"),
    [({"remat": "all"}, 8, "unknown remat 'all'"), ({}, 6, "needs an even map, got 3x3")],
)
def test_what_cannot_be_computed_is_refused(options, size, message):
    with pytest.raises(ValueError, match=message):
        shapes(functools.partial(TopologySupernet, NB201, **SIZES)(**options), size, {"normal": jnp.zeros((6, 5))})
