"""Expected costs: exact at one-hot mixtures, differentiable between them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.catalog import COST_KINDS
from dartsx.cost import expected_cost, network_cost
from dartsx.kernels.channel_major.primitives import PRIMITIVES
from dartsx.nn import CellNetwork, Supernet, TopologyNetwork, supernet_of
from dartsx.spaces import CELL_TYPES, NONE, Cell, CellSpace, Edge, Genotype, named_space

SIZE, CLASSES = 16, 7
SPACES = [
    CellSpace(),
    CellSpace(tuple(name for name in PRIMITIVES if name != NONE), num_nodes=3),
    CellSpace(("none", "skip_connect", "conv_7x1_1x7", "dil_conv_5x5"), num_nodes=2, edges_kept=1, concat=(3,)),
]


def supernets():
    return [
        pytest.param(Supernet(space, 4, layers, CLASSES), id=f"space{i}-{layers}cells")
        for i, space in enumerate(SPACES)
        for layers in (1, 3, 6)
    ]


def stands_for(space, mixture):
    """The genotype whose edges are all those that one-hot rows hold, however many enter a node."""
    cells = []
    for kind in CELL_TYPES:
        names = [space.primitives[row.argmax()] if row.any() else NONE for row in mixture[kind]]
        edges = [Edge(name, *ends) for name, ends in zip(names, space.edges, strict=True) if name != NONE]
        cells.append(Cell(tuple(edges), space.concat))
    return Genotype(*cells)


def has_no_loose_ends(genotype):
    cells = (genotype.normal, genotype.reduce)
    read = all(edge.source < 2 or cell.inputs(edge.source) for cell in cells for edge in cell.edges)
    return read and all(any(cell.inputs(node) for node in cell.concat) for cell in cells)


def one_hot_mixtures(space, rng):
    """Genotypes of the space, and rows that are one-hot at anything."""
    for _ in range(8):
        genotype = space.sample(rng)
        yield space.encode(genotype), genotype
    for _ in range(40):
        columns = rng.integers(len(space.primitives), size=(2, space.num_edges))
        mixture = dict(zip(CELL_TYPES, np.eye(len(space.primitives))[columns], strict=True))
        genotype = stands_for(space, mixture)
        if has_no_loose_ends(genotype):
            yield mixture, genotype


@pytest.mark.parametrize("supernet", supernets())
def test_one_hot_mixtures_cost_what_their_network_costs(supernet):
    expected = {kind: expected_cost(supernet, SIZE, kind) for kind in COST_KINDS}
    compared = 0
    for mixture, genotype in one_hot_mixtures(supernet.space, np.random.default_rng(0)):
        network = CellNetwork(genotype, supernet.channels, supernet.layers, CLASSES)
        cost = network_cost(network.description, SIZE)
        assert {kind: f(mixture) for kind, f in expected.items()} == {kind: getattr(cost, kind) for kind in COST_KINDS}
        compared += 1
    assert compared >= 16


@pytest.mark.parametrize("kind", COST_KINDS)
def test_jax_computes_the_same_number(kind, x64):
    supernet = Supernet(SPACES[2], 4, 3, CLASSES)
    rng = np.random.default_rng(1)
    mixture = {name: rng.dirichlet(np.ones(4), 5) for name in CELL_TYPES}
    cost = expected_cost(supernet, SIZE, kind)
    assert float(cost(jax.tree.map(jnp.asarray, mixture))) == pytest.approx(cost(mixture), rel=1e-12)


@pytest.mark.parametrize("kind", ["params", "macs", "activations"])
def test_additive_costs_are_expectations_over_sampled_networks(kind):
    # The expectation of a sum of products of independent edges: summed over all networks of one node, exactly.
    space = CellSpace(("none", "skip_connect", "sep_conv_3x3"), num_nodes=1)
    supernet = Supernet(space, 4, 3, CLASSES)
    rng = np.random.default_rng(2)
    mixture = {name: rng.dirichlet(np.ones(3), 2) for name in CELL_TYPES}
    cost = expected_cost(supernet, SIZE, kind)
    total = 0.0
    for index in np.ndindex(3, 3, 3, 3):
        rows = np.eye(3)[list(index)].reshape(2, 2, 3)
        chance = np.prod([mixture[name][e] @ rows[i, e] for i, name in enumerate(CELL_TYPES) for e in range(2)])
        total += chance * cost(dict(zip(CELL_TYPES, rows, strict=True)))
    assert cost(mixture) == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("kind", COST_KINDS)
def test_the_gradient_is_that_of_differences(kind, x64):
    supernet = Supernet(SPACES[2], 4, 3, CLASSES)
    cost = expected_cost(supernet, SIZE, kind)
    rng = np.random.default_rng(3)
    alpha = {name: rng.normal(size=(5, 4)) for name in CELL_TYPES}
    direction = {name: rng.normal(size=(5, 4)) for name in CELL_TYPES}

    def along(t):
        logits = {name: alpha[name] + t * direction[name] for name in CELL_TYPES}
        return cost({name: jax.nn.softmax(rows, -1) for name, rows in logits.items()})

    slope = float(jax.grad(along)(0.0))
    step = 1e-6
    assert slope == pytest.approx(float(along(step) - along(-step)) / (2 * step), rel=1e-6)
    assert slope != 0


def test_expected_memory_never_exceeds_the_expectation_of_the_peak():
    space = CellSpace(("none", "skip_connect", "sep_conv_3x3"), num_nodes=1)
    memory = expected_cost(Supernet(space, 4, 3, CLASSES), SIZE, "memory")
    rng = np.random.default_rng(4)
    mixture = {name: rng.dirichlet(np.ones(3), 2) for name in CELL_TYPES}
    mean = 0.0
    for index in np.ndindex(3, 3, 3, 3):
        rows = np.eye(3)[list(index)].reshape(2, 2, 3)
        chance = np.prod([mixture[name][e] @ rows[i, e] for i, name in enumerate(CELL_TYPES) for e in range(2)])
        mean += chance * memory(dict(zip(CELL_TYPES, rows, strict=True)))
    assert 0 < memory(mixture) <= mean


def test_the_network_that_will_be_trained_can_be_counted():
    supernet = Supernet(CellSpace())
    genotype = supernet.space.sample(np.random.default_rng(5))
    macs = expected_cost(supernet.clone(channels=36, layers=20), 32)(supernet.space.encode(genotype))
    assert macs == network_cost(CellNetwork(genotype).description, 32).macs


@pytest.mark.parametrize("name", ["nb201", "s1", "s2"])
def test_other_spaces_cost_what_their_networks_cost(name):
    space = named_space(name)
    supernet, staged = supernet_of(space, channels=4, layers=3, classes=CLASSES), name == "nb201"
    kinds = [kind for kind in COST_KINDS if not (staged and kind == "memory")]
    expected = {kind: expected_cost(supernet, SIZE, kind) for kind in kinds}
    rng = np.random.default_rng(0)
    for _ in range(4):
        genotype = space.sample(rng)
        network = (TopologyNetwork if staged else CellNetwork)(genotype, 4, 3, CLASSES)
        cost = network_cost(network.description, SIZE)
        assert {kind: f(space.encode(genotype)) for kind, f in expected.items()} == {
            kind: getattr(cost, kind) for kind in kinds
        }


def test_unknown_kinds_and_images_are_refused():
    supernet = Supernet(CellSpace())
    with pytest.raises(ValueError, match="'memory'; allowed: params, macs, activations$"):
        expected_cost(supernet_of(named_space("nb201")), 32, "memory")
    with pytest.raises(ValueError, match="'flops'; allowed: params, macs, activations, memory"):
        expected_cost(supernet, 32, "flops")
    with pytest.raises(ValueError, match="images of 30x30: the supernet"):
        expected_cost(supernet, 30)
