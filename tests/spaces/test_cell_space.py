"""The cell space: shapes, encoding, counting, sampling, mutation, and its checks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dartsx.spaces import (
    DARTS,
    PRIMITIVES,
    Cell,
    CellSpace,
    Edge,
    Genotype,
    GenotypeError,
    SpaceError,
    published,
)

TINY = CellSpace(("none", "skip_connect", "max_pool_3x3"), num_nodes=2, edges_kept=1)
SPACES = [
    CellSpace(),
    TINY,
    CellSpace(("sep_conv_7x7", "skip_connect"), num_nodes=5, concat=(4, 6)),
    CellSpace(("my_conv", "none"), num_nodes=3, custom_primitives=("my_conv",)),
]
spaces = pytest.mark.parametrize("space", SPACES, ids=["darts", "tiny", "five", "custom"])


def sets(genotype):
    return [frozenset(genotype.cell(t).edges) for t in ("normal", "reduce")]


def test_the_default_space_is_that_of_darts():
    space = CellSpace()
    assert space.num_edges == 14
    assert space.alpha_shapes == {"normal": (14, 8), "reduce": (14, 8)}
    assert space.edges[:5] == ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
    assert space.edges[9:] == tuple((source, 5) for source in range(5))
    assert space.concat == (2, 3, 4, 5)
    assert space.candidates == DARTS[1:]
    # prod (k + 1) k / 2 * 7^2 over k = 1..4 cells (arXiv:1806.09055, appendix A.1), two of them.
    assert space.count() == (1 * 3 * 6 * 10 * 49**4) ** 2


@spaces
def test_rows_are_one_per_edge(space):
    assert len(space.edges) == space.num_edges
    assert all(source < node for source, node in space.edges)
    assert list(space.edges) == sorted(space.edges, key=lambda edge: (edge[1], edge[0]))


def test_stride_is_two_only_from_the_inputs_of_a_reduction_cell():
    space = CellSpace()
    assert [space.stride("reduce", source) for source in range(4)] == [2, 2, 1, 1]
    assert [space.stride("normal", source) for source in range(4)] == [1, 1, 1, 1]
    with pytest.raises(SpaceError, match="unknown cell type 'reduction'"):
        space.stride("reduction", 0)


@spaces
@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_derive_of_encode_is_the_genotype(space, seed):
    genotype = space.sample(np.random.default_rng(seed))
    space.validate(genotype)
    mixture = space.encode(genotype)
    assert {t: m.shape for t, m in mixture.items()} == space.alpha_shapes
    derived = space.derive(mixture)
    assert sets(derived) == sets(genotype)
    assert derived.normal.concat == space.concat


def test_rows_of_absent_edges_are_none_or_zero():
    genotype = Genotype(*[Cell((Edge("skip_connect", 1, 2),), (2, 3))] * 2)
    mixture = TINY.encode(genotype)["normal"]
    np.testing.assert_array_equal(mixture, [[1, 0, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]])
    without = CellSpace(("skip_connect", "max_pool_3x3"), num_nodes=1)
    mixture = without.encode(Genotype(*[Cell((Edge("max_pool_3x3", 0, 2),), (2,))] * 2))
    np.testing.assert_array_equal(mixture["reduce"], [[0, 1], [0, 0]])


@pytest.mark.parametrize("name", ["DARTS_V1", "DARTS_V2", "PDARTS", "PC_DARTS_cifar"])
def test_published_genotypes_of_darts_belong_to_its_space(name):
    space = CellSpace()
    space.validate(published(name))
    assert sets(space.derive(space.encode(published(name)))) == sets(published(name))


def test_fair_darts_can_be_encoded_but_is_not_in_the_space():
    space = CellSpace()
    mixture = space.encode(published("FairDARTS_a"))["normal"]
    assert np.count_nonzero(mixture[:, 1:]) == 4
    with pytest.raises(GenotypeError, match="normal cell: node 3 has 0 edges; .* 2 per node"):
        space.validate(published("FairDARTS_a"))


def test_what_no_one_hot_mixture_can_express_is_refused():
    nasnet = CellSpace(PRIMITIVES, num_nodes=5)
    with pytest.raises(GenotypeError, match="edge from 0 to 3 holds two primitives, sep_conv_5x5"):
        nasnet.encode(published("NASNet-A"))
    with pytest.raises(GenotypeError, match="nodes up to 6; the space has nodes 2 to 5"):
        CellSpace(PRIMITIVES).encode(published("NASNet-A"))
    with pytest.raises(GenotypeError, match="normal cell: unknown primitive 'conv_3x1_1x3'"):
        CellSpace().encode(published("SETN"))
    with pytest.raises(GenotypeError, match="concat is .* in the space it is"):
        CellSpace(concat=(5,)).validate(published("DARTS_V2"))


def all_genotypes(space):
    """All genotypes of a space by trying every assignment of primitives, or none, to edges."""
    choices = itertools.product((None, *space.candidates), repeat=space.num_edges)
    cells = set()
    for choice in choices:
        edges = [Edge(p, *edge) for p, edge in zip(choice, space.edges, strict=True) if p]
        counts = [sum(edge.node == node for edge in edges) for node in space.nodes]
        if counts == [space.edges_kept] * space.num_nodes:
            cells.add(frozenset(edges))
    return set(itertools.product(cells, cells))


@pytest.mark.parametrize("space", [TINY, CellSpace(("none", "skip_connect", "max_pool_3x3"), num_nodes=2)])
def test_count_equals_brute_force(space):
    assert space.count() == len(all_genotypes(space))


def test_sampling_reaches_every_genotype_about_equally():
    rng = np.random.default_rng(0)
    space = CellSpace(("skip_connect", "max_pool_3x3"), num_nodes=1, edges_kept=1)
    drawn = [tuple(sets(space.sample(rng))) for _ in range(1600)]
    everything = all_genotypes(space)
    assert set(drawn) == everything
    assert len(everything) == 16
    assert all(60 < drawn.count(genotype) < 150 for genotype in everything)


@spaces
def test_sampling_repeats_with_the_seed(space):
    first, second = (space.sample(np.random.default_rng(7)) for _ in range(2))
    assert first == second


@spaces
@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mutation_changes_one_edge_and_stays_in_the_space(space, seed):
    rng = np.random.default_rng(seed)
    parent = space.sample(rng)
    child = space.mutate(parent, rng)
    space.validate(child)
    changed = [
        (old, new)
        for t in ("normal", "reduce")
        for old, new in zip(parent.cell(t).edges, child.cell(t).edges, strict=True)
        if old != new
    ]
    assert len(changed) == 1
    old, new = changed[0]
    assert (old.primitive != new.primitive) + (old.source != new.source) == 1
    assert old.node == new.node


def test_mutations_reach_the_whole_space():
    rng = np.random.default_rng(0)
    genotype = TINY.sample(rng)
    visited = set()
    for _ in range(6000):
        genotype = TINY.mutate(genotype, rng)
        visited.add(tuple(sets(genotype)))
    assert len(visited) == TINY.count()


def test_a_space_of_one_genotype_cannot_mutate():
    space = CellSpace(("none", "skip_connect"), num_nodes=1)
    assert space.count() == 1
    with pytest.raises(SpaceError, match="nothing to mutate"):
        space.mutate(space.sample(np.random.default_rng(0)), np.random.default_rng(0))


def test_a_foreign_genotype_cannot_mutate():
    with pytest.raises(GenotypeError, match="nodes up to 5"):
        TINY.mutate(published("DARTS_V2"), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("mixture", "message"),
    [
        ({"normal": np.zeros((14, 8))}, r"no mixture for the reduce cell; given: \['normal'\]"),
        ({"normal": np.zeros((5, 8))}, r"normal mixture has shape \(5, 8\); expected \(14, 8\)"),
        ({"normal": np.full((14, 8), np.nan)}, "normal cell: mixture holds nan"),
    ],
)
def test_mixtures_that_do_not_fit_are_refused(mixture, message):
    with pytest.raises(SpaceError, match=message):
        CellSpace().derive(mixture)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"primitives": ("none", "sep_conv3x3")}, "did you mean 'sep_conv_3x3'"),
        ({"primitives": ("none", "my_conv")}, "'my_conv'.*go into custom_primitives"),
        ({"primitives": ("skip_connect", "skip_connect")}, "name skip_connect more than once"),
        ({"primitives": ("my", "my"), "custom_primitives": ("my",)}, "name my more than once"),
        ({"primitives": ("none",)}, "at least one that is not 'none'"),
        ({"primitives": ()}, "at least one"),
        ({"primitives": "none"}, "must be a tuple of names, not 'none'"),
        ({"primitives": 3}, "must be a tuple of names, not 3"),
        ({"primitives": (["none"],)}, "unknown primitive"),
        ({"custom_primitives": ("a b",)}, "letters, digits and _"),
        ({"custom_primitives": 3}, "must be a tuple, not 3"),
        ({"num_nodes": 0}, "num_nodes is 0; allowed: 1 to"),
        ({"num_nodes": 4.0}, "num_nodes is 4.0"),
        ({"num_nodes": True}, "num_nodes is True"),
        ({"edges_kept": 3}, "edges_kept is 3; allowed: 1 or 2, as the first node has two"),
        ({"edges_kept": 0}, "edges_kept is 0"),
        ({"concat": ()}, "concat is empty"),
        ({"concat": 5}, "concat must be a tuple of nodes or None, not 5"),
        ({"concat": (2, 2)}, "more than once"),
        ({"concat": (1, 2)}, "no intermediate node"),
        ({"concat": (6,)}, r"concat \(6,\): the space has nodes 2 to 5"),
    ],
)
def test_values_that_describe_no_space_are_refused(values, message):
    with pytest.raises(SpaceError, match=message):
        CellSpace(**values)


def test_a_space_is_a_value():
    assert hash(CellSpace(list(DARTS))) == hash(CellSpace())
    assert CellSpace(concat=[2, 3, 4, 5]) == CellSpace()
