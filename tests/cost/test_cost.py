"""Costs equal published counts, and the parameters of the modules themselves."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import LayerCost, network_cost, steps_cost
from dartsx.kernels.channel_major.primitives import PRIMITIVES
from dartsx.networks.blocks.candidate_blocks import CANDIDATE_BLOCKS as BLOCKS
from dartsx.networks.blocks.candidates import CANDIDATES, traced
from dartsx.nn import CellNetwork, Supernet
from dartsx.spaces import Cell, CellSpace, Edge, Genotype, published, published_names

FREE = ("none", "max_pool_3x3", "avg_pool_3x3", "noise")
WITH_CONVOLUTIONS = [name for name in PRIMITIVES if name not in (*FREE, *BLOCKS)]


def cifar(genotype):
    return CellNetwork(genotype)


def imagenet(genotype):
    return CellNetwork(genotype, 48, 14, 1000, stem="imagenet")


def sizes(tree):
    return sum(np.prod(leaf.shape, dtype=int) for leaf in jax.tree.leaves(tree))


def initialized(module, image_shape, *inputs):
    """Parameters of the module by its top-level names, from its own initialisation."""
    images = jnp.zeros((1, *image_shape))
    variables = jax.eval_shape(lambda key: module.init(key, images, *inputs, False), jax.random.key(0))
    return {name: sizes(tree) for name, tree in variables["params"].items()}


@pytest.fixture(scope="module")
def reference(reference_dir):
    return json.loads((reference_dir / "genotypes.json").read_text())


def test_counts_of_networks_equal_the_published(reference):
    compared = 0
    for name, record in reference["genotypes"].items():
        if "counts" in record:
            counts, genotype = record["counts"], published(name)
            cost = network_cost(cifar(genotype).description, 32)
            assert cost.params == counts["cifar10_C36_L20_params"], name
            assert cost.macs == counts["cifar10_C36_L20_macs_32"], name
            cost = network_cost(imagenet(genotype).description, 224)
            assert cost.params == counts["imagenet_C48_L14_params"], name
            assert cost.macs == counts["imagenet_C48_L14_macs_224"], name
            compared += 1
    assert compared >= 4


def test_parameters_with_the_auxiliary_head_equal_the_published(reference):
    counts = reference["genotypes"]["DARTS_V2"]["counts"]
    for kind, size, key in (
        (cifar, 32, "cifar10_C36_L20_aux_params"),
        (imagenet, 224, "imagenet_C48_L14_aux_params"),
    ):
        network = kind(published("DARTS_V2")).clone(auxiliary=True)
        images = jnp.zeros((1, size, size, 3))
        like = jax.eval_shape(lambda k, n=network, x=images: n.init(k, x, True), jax.random.key(0))
        assert sizes(like["params"]) == counts[key]
        left_out = sizes(like["params"]["auxiliary"])
        assert network_cost(network.description, size).params == counts[key] - left_out


def test_counts_of_the_supernet_equal_the_published(reference):
    counts = reference["search_supernet"]
    cost = network_cost(Supernet(CellSpace()).description, 32)
    assert cost.params == counts["params_weights"]
    assert cost.macs == counts["macs_32"]
    cost = network_cost(Supernet(CellSpace(), classes=100).description, 32)
    assert cost.params == counts["params_weights_100cls"]


@pytest.mark.parametrize("name", published_names())
@pytest.mark.parametrize(("stem", "size"), [("cifar", 8), ("imagenet", 64)])
def test_parameters_equal_those_of_the_initialised_network(name, stem, size):
    # Five cells hold every kind of cell: first, normal, reduction, and after a reduction.
    network = CellNetwork(published(name), 8, 5, 7, stem=stem)
    shape = (size, size, 3)
    assert dict(groups_params(network_cost(network.description, shape))) == initialized(network, shape)


def groups_params(cost):
    return ((group.name, group.params) for group in cost.groups())


def test_parameters_equal_those_of_the_initialised_supernet():
    space = CellSpace(tuple(PRIMITIVES), num_nodes=3)
    supernet = Supernet(space, channels=4, layers=4, stem_multiplier=2)
    mixture = {kind: jnp.zeros(shape) for kind, shape in space.alpha_shapes.items()}
    params = initialized(supernet, (8, 8, 1), mixture)
    params["stem"] = params.pop("stem_conv") + params.pop("stem_bn")
    assert dict(groups_params(network_cost(supernet.description, (8, 8, 1)))) == params


def convolution_counts(jaxpr):
    """Multiply-adds, and numbers in the results, of all convolutions and matrix products of a traced forward pass."""
    counts = np.zeros(2, int)
    for equation in jaxpr.eqns:
        for parameter in equation.params.values():
            inner = getattr(parameter, "jaxpr", None)
            counts += convolution_counts(inner) if inner is not None else 0
        out = np.prod(equation.outvars[0].aval.shape, dtype=int)
        if equation.primitive.name == "conv_general_dilated":
            shape, spec = equation.invars[1].aval.shape, equation.params["dimension_numbers"]
            counts += (out * np.prod(shape) // shape[spec.rhs_spec[0]], out)
        elif equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            counts += (out * np.prod([shape[axis] for axis in contracted]), out)
    return counts


@pytest.mark.parametrize("primitive", WITH_CONVOLUTIONS)
@pytest.mark.parametrize("stem", ["cifar", "imagenet"])
def test_macs_and_activations_equal_those_of_the_traced_network(primitive, stem):
    cell = Cell((Edge(primitive, 0, 2), Edge(primitive, 1, 3), Edge(primitive, 2, 3)), (2, 3))
    network = CellNetwork(Genotype(cell, cell), 4, 5, stem=stem, form="plain", remat="none")
    images = jnp.zeros((1, 64, 96, 3))
    like = jax.eval_shape(lambda key: network.init(key, images, False), jax.random.key(0))
    traced = jax.make_jaxpr(lambda variables: network.apply(variables, images, False))(like)
    cost = network_cost(network.description, (64, 96, 3))
    assert [cost.macs, cost.activations] == convolution_counts(traced.jaxpr).tolist()


@pytest.mark.parametrize("primitive", [name for name in FREE if name != "none"])
@pytest.mark.parametrize("stride", [1, 2])
def test_pools_and_noise_count_as_nothing(primitive, stride):
    (row,) = steps_cost(traced(CANDIDATES[primitive](16, stride), (8, 8, 16)).steps).rows
    assert (row.params, row.macs, row.activations) == (0, 0, 0) and row.shape == (8 // stride, 8 // stride, 16)


def test_rows_name_layers_and_add_up():
    cost = network_cost(CellNetwork(published("DARTS_V2"), 4, 3).description, 8)
    rows = {row.name: row for row in cost.rows}
    assert len(rows) == len(cost.rows)
    # 3x3 from 3 to 12 channels on 8x8 pixels, and the batch norm's scale and bias; the image lives beside the output.
    counts = (324 + 24, 324 * 64, 12 * 64, 3 * 64 + 12 * 64)
    assert rows["stem/conv"] == LayerCost("stem/conv", (8, 8, 12), *counts)
    # 12 to 4 channels; the stem's output, which is both inputs, and both results live.
    counts = (48 + 8, 48 * 64, 4 * 64, (12 + 4 + 4) * 64)
    assert rows["cell0/pre1/conv"] == LayerCost("cell0/pre1/conv", (8, 8, 4), *counts)
    # The identity of the second node has neither weights nor arithmetic, and an output of its own.
    assert rows["cell0/0-4/identity"][1:5] == ((8, 8, 4), 0, 0, 0)
    assert rows["classifier/classifier"][1:5] == ((10,), 64 * 10 + 10, 640, 10)
    for kind in ("params", "macs", "activations"):
        assert sum(getattr(group, kind) for group in cost.groups()) == getattr(cost, kind)
    assert max(group.memory for group in cost.groups()) == cost.memory
    assert [group.name for group in cost.groups()] == [
        "stem",
        "cell0",
        "cell1",
        "cell2",
        "classifier",
    ]


def test_nodes_that_no_edge_enters_widen_nothing():
    cell = Cell((Edge("max_pool_3x3", 0, 2), Edge("dil_conv_3x3", 2, 4)), (2, 3, 4))
    network = CellNetwork(Genotype(cell, cell), 4, 3)
    assert dict(groups_params(network_cost(network.description, 8))) == initialized(network, (8, 8, 3))


@pytest.mark.parametrize(
    ("image_shape", "message"),
    [
        (30, "images of 30x30: the cifar network .* 1/4 is left, .* must be 4, 8, 12"),
        ((32, 34, 3), "32x34"),
        (0, "image shape 0: must be"),
        ((32, 32), "must be a size or"),
    ],
)
def test_images_that_do_not_survive_the_reductions_are_refused(image_shape, message):
    with pytest.raises(ValueError, match=message):
        network_cost(cifar(published("DARTS_V2")).description, image_shape)
    with pytest.raises(ValueError, match="1/32"):
        network_cost(imagenet(published("DARTS_V2")).description, 100)
    with pytest.raises(ValueError, match="the supernet"):
        network_cost(Supernet(CellSpace()).description, 10)
