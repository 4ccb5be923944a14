"""Cells and genotypes reject what is no acyclic cell of known primitives."""

import pickle

import numpy as np
import pytest

from dartsx.spaces import NONE, PRIMITIVES, Cell, Edge, Genotype, GenotypeError

SKIP = Edge("skip_connect", 0, 2)


def test_a_cell_may_have_any_number_of_edges_per_node():
    edges = (SKIP, Edge("sep_conv_3x3", 1, 2), Edge("max_pool_3x3", 2, 2 + 2))
    cell = Cell(edges, (2, 3, 4))
    assert cell.nodes == range(2, 5)
    assert cell.inputs(2) == edges[:2]
    assert cell.inputs(3) == ()
    assert cell.inputs(4) == edges[2:]


def test_edges_are_listed_by_node_and_keep_their_order_inside_a_node():
    late, strong, weak = Edge("skip_connect", 2, 3), Edge("skip_connect", 1, 2), SKIP
    assert Cell((late, strong, weak), (2, 3)).edges == (strong, weak, late)


def test_cells_are_values_whatever_sequences_they_were_made_of():
    made_of_lists = Cell([["skip_connect", np.int64(0), 2]], [np.int32(2)])
    made_of_tuples = Cell((SKIP,), (2,))
    assert made_of_lists == made_of_tuples
    assert hash(made_of_lists) == hash(made_of_tuples)
    assert type(made_of_lists.edges[0].source) is int
    assert pickle.loads(pickle.dumps(made_of_lists)) == made_of_tuples
    with pytest.raises(AttributeError):
        made_of_tuples.concat = (3,)


@pytest.mark.parametrize("primitive", [name for name in PRIMITIVES if name != NONE])
def test_every_primitive_but_none_may_be_an_edge(primitive):
    assert Cell((Edge(primitive, 0, 2),), (2,)).edges[0].primitive == primitive


def test_primitives_of_a_users_own_need_no_declaration():
    edge = Edge("my_conv", 0, 2)
    assert Cell((edge,), (2,)).edges == (edge,)


def test_a_genotype_is_choices_and_cells():
    genotype = Genotype(Cell((("my_conv", 0, 2), ("skip_connect", 1, 2)), (2,)), Cell((SKIP,), (2,)))
    assert genotype.choices == {
        "normal/0-2": "my_conv", "normal/1-2": "skip_connect", "reduce/0-2": "skip_connect"
    }  # fmt: skip
    assert genotype.cells == {"normal": genotype.normal, "reduce": genotype.reduce}
    twice = Genotype(Cell((SKIP, ("my_conv", 0, 2)), (2,)), genotype.reduce)
    assert twice.choices["normal/0-2"] == "skip_connect+my_conv"


BAD_CELLS = {
    "no primitive's name": (([("sep-conv", 0, 2)], [2]), "letters, digits and _: got 'sep-conv'"),
    "primitive of another type": (([(3, 0, 2)], [2]), "letters, digits and _: got 3"),
    "unhashable primitive": (([(["a"], 0, 2)], [2]), "letters, digits and _"),
    "none": (([("none", 0, 2)], [2]), "leave the edge out"),
    "source is the node itself": (([("skip_connect", 2, 2)], [2]), "allowed: 0 to 1"),
    "source after the node": (([("skip_connect", 4, 3)], [2]), "edge 0.*source 4 .* node 3"),
    "negative source": (([("skip_connect", -1, 2)], [2]), "source -1"),
    "source of another type": (([("skip_connect", 1.0, 2)], [2]), "integer, not 1.0"),
    "boolean source": (([("skip_connect", True, 2)], [2]), "integer, not True"),
    "array source": (([("skip_connect", np.ones(2), 2)], [2]), "must be an integer"),
    "huge source": (([("skip_connect", 10**5000, 2)], [2]), "source"),
    "edge into an input": (([("skip_connect", 0, 1)], [2]), "no intermediate node"),
    "huge node": (([("skip_connect", 0, 10**9)], [2]), "2 to 999"),
    "edge of two": (([("skip_connect", 0)], [2]), r"expected \(primitive, source, node\)"),
    "edge is a text": ((["skip_connect"], [2]), "must be a sequence"),
    "edges are no list": ((7, [2]), "edges must be a sequence, not 7"),
    "empty concat": (([SKIP], []), "concat is empty"),
    "concat of an input": (([SKIP], [1, 2]), "node 1 is no intermediate"),
    "concat twice": (([SKIP], [2, 3, 2]), r"more than once: \[2\]"),
    "concat is no list": (([SKIP], None), "concat must be a sequence, not None"),
}


@pytest.mark.parametrize("case", BAD_CELLS)
def test_a_bad_cell_is_refused_with_the_reason(case):
    arguments, message = BAD_CELLS[case]
    with pytest.raises(GenotypeError, match=message):
        Cell(*arguments)


def test_a_genotype_holds_two_cells():
    normal, reduce = Cell((SKIP,), (2,)), Cell((), (2, 3))
    genotype = Genotype(normal, reduce)
    assert genotype.cell("normal") is normal
    assert genotype.cell("reduce") is reduce
    with pytest.raises(GenotypeError, match="unknown cell type 'reduction'.*'reduce'"):
        genotype.cell("reduction")
    with pytest.raises(GenotypeError, match="reduce must be a Cell, not"):
        Genotype(normal, [("skip_connect", 0)])
