"""Building blocks as candidates: every one on an edge at both strides, and a search over a mix of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.cost import network_cost
from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.norm import normalize
from dartsx.kernels.channel_major.primitives import PRIMITIVES, Block, norm_widths
from dartsx.kernels.channel_major.primitives.described import Described
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.execute import Context, execute
from dartsx.networks import Trace
from dartsx.networks.blocks.candidate_blocks import CANDIDATE_BLOCKS as BLOCKS
from dartsx.networks.layers import Input
from dartsx.nn import CellNetwork, Supernet
from dartsx.search import Batch, SearchProblem, darts, init_state, make_step
from dartsx.spaces import Cell, CellSpace, Edge, Genotype

CHANNELS = 8
MIX = ("skip_connect", "fire", "inverted_3x3", "mobilenet_v3_5x5", "resnext_block", "shuffle_v2", "mixconv_3_5")


def weights_of(primitive, stride, rng, edges=()):
    return {
        name: jnp.asarray(rng.normal(size=(*edges, *shape)) / np.sqrt(fan_in))
        for name, (shape, fan_in) in primitive.weights(CHANNELS, stride).items()
    }


@pytest.mark.parametrize("name", BLOCKS)
def test_layers_do_not_depend_on_the_stride(name):
    # Weights and statistics of an edge are stacked over the edges of a cell, whatever their strides.
    primitive = PRIMITIVES[name]
    assert primitive.weights(CHANNELS, 1) == primitive.weights(CHANNELS, 2)
    assert norm_widths(primitive, CHANNELS, 1) == norm_widths(primitive, CHANNELS, 2)
    assert all(weight.fan_in > 0 for weight in primitive.weights(CHANNELS, 1).values())


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", BLOCKS)
def test_many_edges_at_once_equal_the_block_alone(name, stride, x64, quick_jit):
    primitive, rng = PRIMITIVES[name], np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(2, CHANNELS, 3, 7, 6)))  # two sources
    weights = weights_of(primitive, stride, rng, (2, 2))  # of two targets each
    norms = Norms(None)

    @quick_jit
    def both(x, weights):
        (branch,) = primitive.evaluate({name: primitive}, Block(x, 2, {name: weights}, stride, norms))
        assert branch.norm == "always"
        own = {key: value[1, 0] for key, value in weights.items()}
        return norms([(name, primitive.norms(stride)[-1])], branch.value), alone(primitive, x[1], own, stride)

    many, expected = both(x, weights)
    assert many.shape == (1, 2, 2, CHANNELS, 3, -(-7 // stride), -(-6 // stride))
    widths = norm_widths(primitive, CHANNELS, stride)
    assert {key: stats["mean"].shape for (_, key), stats in norms.batch.items()} == {
        key: (4, width) for key, width in widths.items()
    }
    np.testing.assert_allclose(many[0, 1, 0], expected, rtol=1e-8, atol=1e-8)


def alone(primitive, x, weights, stride):
    """The block as `dartsx.networks` writes it down, on one source; batch norms without scale and bias."""
    trace = Trace()
    value = trace.add(Input((*x.shape[2:], x.shape[0])))
    trace.block(primitive.make(x.shape[0], stride), value)

    def normalized(name, y, weights, epsilon):
        return jnp.moveaxis(normalize(jnp.moveaxis(y, -1, 0))[0], 0, -1)

    layered = {}
    for key, array in weights.items():
        layer, part = key.rsplit("/", 1)
        layered.setdefault(layer, {})[part] = array
    y = execute(trace.steps, [jnp.moveaxis(x, 0, -1)], layered, Context(normalized, forms=Forms(form="plain")))
    if primitive.norms(stride)[-1] != trace.steps[-1].name:  # another norm follows
        y = normalized("", y, {}, 0)
    return jnp.moveaxis(y, -1, 0)


def test_a_width_that_a_block_does_not_allow_names_the_layer():
    with pytest.raises(ValueError, match="6 to 6 channels cannot be split into 4 groups"):
        PRIMITIVES["group_conv_3x3"].weights(6, 1)


def test_a_block_that_changes_the_width_is_refused():
    wide = Described(lambda channels, stride: BLOCKS["conv_3x3"](2 * channels, stride))
    with pytest.raises(ValueError, match=r"makes \(8, 8, 8\) of \(8, 8, 4\); an edge needs \(8, 8, 4\)"):
        wide.weights(4, 1)


def test_the_network_of_a_derived_cell_has_the_parameters_that_are_counted():
    cell = Cell(tuple(Edge(name, source, 2) for source, name in enumerate(("fire", "se_bottleneck"))), (2,))
    mixed = Cell((Edge("inverted_5x5", 0, 2), Edge("shuffle_v2", 1, 2), Edge("mixconv_3_5", 2, 3)), (3,))
    module = CellNetwork(Genotype(cell, mixed), 8, 3)
    like = jax.eval_shape(lambda key: module.init(key, jnp.zeros((2, 8, 8, 3)), False), jax.random.key(0))
    assert sum(leaf.size for leaf in jax.tree.leaves(like["params"])) == network_cost(module.description, 8).params


@pytest.mark.parametrize("remat", ["none", "branch"])
def test_a_search_over_a_mix_of_blocks_takes_a_step(remat, quick_jit):
    # Edge by edge ("branch") fewer will do: it is the same code for each. A single cell reduces.
    mix, layers = (MIX, 1) if remat == "none" else (("skip_connect", "inverted_3x3", "shuffle_v2"), 2)
    space = CellSpace(mix, num_nodes=1)
    rate = optim.cosine_per_epoch(0.05, 0.001, 2, 1)
    problem = SearchProblem(
        supernet=Supernet(space, channels=4, layers=layers, classes=3, remat=remat),
        method=darts("first_order", init_scale=0.1),
        weight_optimizer=optim.sgd(rate, 0.9, 3e-4, 5.0),
        alpha_optimizer=optim.adam(0.01, 0.5, 0.999, 1e-3),
        rate=rate,
        momentum=0.9,
        weight_decay=3e-4,
        total_steps=2,
    )
    state = quick_jit(lambda key: init_state(problem, key, (8, 8, 3)))(jax.random.key(0))
    rng = np.random.default_rng(0)
    batches = [
        Batch(jnp.asarray(rng.normal(size=(4, 8, 8, 3)), jnp.float32), jnp.arange(4, dtype=jnp.int32) % 3)
        for _ in range(2)
    ]
    moved, metrics = quick_jit(make_step(problem))(state, *batches)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((moved.params, moved.alpha, metrics)))
    assert (np.asarray(moved.alpha["reduce"]) != np.asarray(state.alpha["reduce"])).all()
    changed = jax.tree.map(lambda a, b: bool((a != b).any()), state.params, moved.params)
    assert all(jax.tree.leaves(changed))
    genotype = space.derive({kind: np.exp(alpha) for kind, alpha in jax.device_get(moved.alpha).items()})
    assert {edge.primitive for edge in genotype.reduce.edges} <= set(mix)
