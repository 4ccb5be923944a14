"""The contract of spaces, for topologies and for cells with candidates of their own per edge; NAS-Bench-201's order."""

import collections
import csv
import lzma

import numpy as np
import pytest

from dartsx.spaces import (
    CELL_TYPES,
    NB201,
    SPACES,
    CellSpace,
    Genotype,
    GenotypeError,
    RestrictedSpace,
    SpaceError,
    TopologySpace,
    named_space,
    nb201,
    published,
)
from dartsx.tabular.files import shipped

DIAMOND = TopologySpace(("skip_connect", "mine"), ((0, 1), (0, 2), (1, 3), (2, 3)), ("mine",))
SMALL = RestrictedSpace(
    normal=(("none", "skip_connect"), ("skip_connect", "max_pool_3x3")),
    reduce=(("max_pool_3x3", "avg_pool_3x3"), ("none", "sep_conv_3x3")),
    edges_kept=1,
)
CELLS = {name: space for name, space in SPACES.items() if space.graph} | {"diamond": DIAMOND, "small": SMALL}
spaces = pytest.mark.parametrize("space", CELLS.values(), ids=list(CELLS))


@spaces
def test_samples_belong_to_the_space_and_survive_encoding(space):
    rng = np.random.default_rng(0)
    for _ in range(20):
        genotype = space.sample(rng)
        space.validate(genotype)
        mixture = space.encode(genotype)
        assert {kind: rows.shape for kind, rows in mixture.items()} == space.alpha_shapes
        assert space.derive(mixture) == genotype or isinstance(genotype, Genotype)
        space.validate(space.derive(mixture))
        full = space.expand(mixture)
        for kind in space.alpha_shapes:
            assert full[kind].shape == (len(space.edges), len(space.primitives))
            np.testing.assert_array_equal(full[kind].sum(1), mixture[kind].sum(1))


@spaces
def test_mutants_differ_in_one_edge(space):
    rng = np.random.default_rng(1)
    genotype = space.sample(rng)
    for _ in range(30):
        mutant = space.mutate(genotype, rng)
        space.validate(mutant)
        old, new = (
            [edge for kind in CELL_TYPES for edge in g.cell(kind).edges] if isinstance(g, Genotype) else g.edges
            for g in (genotype, mutant)
        )
        assert sum(a != b for a, b in zip(old, new, strict=True)) == 1
        genotype = mutant


@pytest.mark.parametrize(("space", "count"), [(DIAMOND, 16), (SMALL, 3 * 3)], ids=["diamond", "small"])
def test_samples_are_uniform_over_all_that_are_counted(space, count):
    rng = np.random.default_rng(2)
    times = collections.Counter(space.sample(rng) for _ in range(200 * count))
    assert len(times) == space.count() == count
    assert max(abs(t - 200) for t in times.values()) < 5 * 200**0.5


def test_counts_of_the_named_spaces():
    assert NB201.count() == 15_625
    assert SPACES["s1"].count() == SPACES["s2"].count() == CellSpace(("skip_connect", "sep_conv_3x3")).count()
    assert SPACES["s1"].alpha_shapes == {"normal": (14, 2), "reduce": (14, 2)}
    assert SPACES["s3"].alpha_shapes["normal"] == (14, 3)
    with pytest.raises(SpaceError, match=r"unknown space 'nb202' \(did you mean 'nb201'"):
        named_space("nb202")


def test_edges_keep_their_own_primitives():
    space = SPACES["s1"]
    weights = {kind: np.tile([0.4, 0.6], (14, 1)) for kind in CELL_TYPES}
    genotype = space.derive(weights)
    for kind in CELL_TYPES:
        names = dict(zip(space.edges, space.options[kind], strict=True))
        assert all(edge.primitive == names[edge.source, edge.node][1] for edge in genotype.cell(kind).edges)
    # Weights that a threshold set to 0 bring no foreign primitive in.
    space.validate(space.derive({kind: np.zeros((14, 2)) for kind in CELL_TYPES}))
    with pytest.raises(GenotypeError, match="edge from .* unknown primitive"):
        space.validate(published("DARTS_V2"))


def test_topologies_derive_none_as_the_benchmark_does():
    weights = np.full((6, 5), 0.2)
    weights[2, 0], weights[4, 3] = 0.3, 0.21
    topology = NB201.derive({"normal": weights})
    assert [edge.primitive for edge in topology.edges] == ["none"] * 4 + ["nor_conv_3x3", "none"]


def test_the_index_is_that_of_the_benchmark():
    with lzma.open(shipped("nb201.csv.xz"), "rt") as file:
        rows = list(csv.DictReader(file))
    assert [row["arch_str"] for row in rows] == list(nb201.strings())
    topologies = nb201.topologies()
    assert [str(topology) for topology in topologies] == list(nb201.strings())
    assert [int(row["params_cifar10"]) for row in rows] == [nb201.parameters(t) for t in topologies]
    assert [int(row["params_in16"]) for row in rows] == [nb201.parameters(t, "in16") for t in topologies]
    seen: dict[str, int] = {}
    unique = [seen.setdefault(t.canonical(), len(seen)) for t in topologies]
    assert unique == [int(row["unique_id"]) for row in rows] and len(seen) == 6_466


def test_cells_and_indices_go_both_ways():
    assert nb201.index_of(nb201.uniform_cell("skip_connect")) == 1835
    assert nb201.index_of(nb201.cell_at(6111)) == 6111 == nb201.index_of(nb201.strings()[6111])
    for wrong in (-1, 15_625, True):
        with pytest.raises(GenotypeError, match="allowed: 0 to 15624"):
            nb201.cell_at(wrong)
    with pytest.raises(GenotypeError, match="the space has topologies with the edges normal/0-1, .*, not normal/0-1$"):
        nb201.index_of("|none~0|")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TopologySpace(("skip_connect",), ()), "no edges"),
        (lambda: TopologySpace(("skip_connect",), ((0, 2), (0, 1))), "sorted|no edge enters"),
        (lambda: TopologySpace(("skip_connect",), ((0, 2),)), "no edge enters node 1"),
        (lambda: TopologySpace(("skip",), ((0, 1),)), "unknown primitive 'skip'"),
        (lambda: NB201.derive({"reduce": np.zeros((6, 5))}), "no mixture for the normal cell"),
        (lambda: NB201.derive({"normal": np.zeros((5, 5))}), r"shape \(5, 5\); expected \(6, 5\)"),
        (lambda: NB201.derive({"normal": np.full((6, 5), np.nan)}), "holds nan"),
        (lambda: NB201.encode(published("DARTS_V2")), "the space has topologies with the edges .*, not normal/0-2"),
        (lambda: NB201.mutate(nb201.uniform_cell("max_pool_3x3"), np.random.default_rng(0)), "unknown primitive"),
        (lambda: RestrictedSpace((("none",),) * 2, (("none",),) * 2), "needs a primitive that is not 'none'"),
        (lambda: RestrictedSpace((("skip_connect",),) * 3, (("skip_connect",),) * 3), "3 edges fit no cell"),
        (lambda: RestrictedSpace((("skip_connect",),) * 2, (("skip_connect", "none"),) * 2), "all rows as many"),
        (lambda: SMALL.derive({"normal": np.zeros((2, 2))}), "reduce mixture has shape"),
    ],
)
def test_what_is_wrong_is_named(make, message):
    with pytest.raises((SpaceError, GenotypeError), match=message):
        make()
