"""The descriptions of cell networks compute what their fast modules compute, weight by weight."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.primitives import TOPOLOGY_PRIMITIVES
from dartsx.networks.layers import Norm
from dartsx.nn import CellNetwork, DescribedNetwork, TopologyNetwork
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
OUTSIDE = {  # layers outside of cells, in order of computation
    "stem": (
        ("stem", "conv0"),
        ("stem", "bn0"),
        ("stem", "conv1"),
        ("stem", "bn1"),
        ("stem", "conv2"),
        ("stem", "bn2"),
    ),
    "auxiliary": tuple(("auxiliary", name) for name in ("conv1", "bn1", "conv2", "bn2", "classifier")),
    "classifier": (("classifier",),),
}


def leaves(params, *paths):
    """Arrays of these modules that there are, in the order kernel, scale, bias."""
    found = []
    for path in paths:
        module = params
        for key in path:
            module = module.get(key, {})
        found += [module[name] for name in ("kernel", "conv_a", "conv_b", "scale", "bias") if name in module]
    return found


def operation(own, name, channels, stride):
    """Arrays of an edge in order of computation: all weights, then all norms."""
    primitive = TOPOLOGY_PRIMITIVES[name]
    weights = [own["weights"][key] for key in primitive.weights(channels, stride)]
    norms = [] if primitive.per_source else primitive.norms(stride)
    return weights + [own[f"{norm}_{what}"] for norm in norms for what in ("scale", "bias")]


def carried_over(params, steps, edges_of):
    """The described network's weights: those of the module, part by part, in order of computation."""
    parts = {}
    for step in steps:
        if step.weights:
            cell = re.match(r"cell\d+/(pre\d|\d+-\d+)", step.name)
            parts.setdefault(cell[0] if cell else step.name.split("/")[0], []).append(step)
    made = {}
    for part, members in parts.items():
        members = sorted(members, key=lambda step: isinstance(step.layer, Norm)) if "-" in part else members
        flat = iter(edges_of(params, part))
        for step in members:
            made[step.name] = {name: next(flat).reshape(shape) for name, (shape, _) in step.weights.items()}
        assert next(flat, None) is None, part
    return made


def cells_arrays(genotype):
    def arrays(params, part):
        if part in OUTSIDE:
            return leaves(params, *OUTSIDE[part])
        cell, place = part.split("/", 1)
        if place.startswith("pre"):
            return leaves(params[cell], (place, "conv"), (place, "reduction"), (place, "bn"))
        index = int(cell.removeprefix("cell"))
        edges = genotype.cell("reduce" if index in (1, 2) else "normal").edges
        for k, edge in enumerate(edges):
            if place == f"{edge.source}-{edge.node}":
                stride = 2 if index in (1, 2) and edge.source < 2 else 1
                return operation(params[cell][f"op{k}"], edge.primitive, 4 * 2**index, stride)
        raise AssertionError(part)

    return arrays


def topology_arrays(params, part):
    if part == "stem":
        return leaves(params, ("stem_conv",), ("stem_bn",))
    if part.startswith("reduction"):
        return leaves(params[part], ("conv0",), ("bn0",), ("conv1",), ("bn1",), ("shortcut",))
    if "/" not in part:
        return leaves(params, (part,))
    cell, place = part.split("/")
    k = next(k for k, edge in enumerate(TOPOLOGY.edges) if place == f"{edge.source}-{edge.node}")
    return operation(params[cell][f"op{k}"], TOPOLOGY.edges[k].primitive, 4 * 2 ** int(cell[-1]), 1)


CASES = {
    "cifar": (
        CellNetwork(Genotype(NORMAL, REDUCE), 4, 3, 5, auxiliary=True),
        32,
        cells_arrays(Genotype(NORMAL, REDUCE)),
    ),
    "imagenet": (
        CellNetwork(Genotype(NORMAL, REDUCE), 4, 3, 5, "imagenet"),
        32,
        cells_arrays(Genotype(NORMAL, REDUCE)),
    ),
    "nb201": (TopologyNetwork(TOPOLOGY, 4, 1, 5), 8, topology_arrays),
}


@pytest.mark.parametrize("case", CASES)
def test_a_description_computes_what_the_module_computes(case, x64, quick_jit):
    module, size, arrays = CASES[case]
    rng = np.random.default_rng(0)
    images = jnp.asarray(rng.normal(size=(3, size, size, 3)))
    module = module.clone(dtype=jnp.float64)
    like = jax.eval_shape(lambda key: module.init(key, images, True), jax.random.key(0))
    params = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape) / 2), like["params"])
    stats = jax.tree.map(lambda leaf: jnp.ones(leaf.shape), like["batch_stats"])
    described = DescribedNetwork(module.description, jnp.float64)
    steps = module.description.trace((size, size, 3), auxiliary=True)
    own = {"params": carried_over(params, steps, arrays)}
    own_like = jax.eval_shape(lambda key: described.init(key, images, True), jax.random.key(0))
    assert jax.tree.map(jnp.shape, own["params"]) == jax.tree.map(jnp.shape, own_like["params"])
    own["batch_stats"] = jax.tree.map(lambda leaf: jnp.ones(leaf.shape), own_like["batch_stats"])

    @quick_jit
    def logits(variables, own):
        return [
            (module.apply(variables, images, train), described.apply(own, images, train)) for train in (True, False)
        ]

    for train, (expected, got) in zip(
        (True, False), logits({"params": params, "batch_stats": stats}, own), strict=True
    ):
        np.testing.assert_allclose(got.main, expected.main, rtol=1e-9, atol=1e-9)
        assert np.ptp(expected.main) > 1e-3
        assert (expected.auxiliary is not None) == (train and case == "cifar")
        if expected.auxiliary is not None:
            np.testing.assert_allclose(got.auxiliary, expected.auxiliary, rtol=1e-9, atol=1e-9)
