"""Recurrent cells: the original's derivation, published cells and counts, wrong texts."""

import json

import numpy as np
import pytest

from dartsx.cost import network_cost
from dartsx.networks.recurrent import ACTIVATIONS, lstm, lstm_width
from dartsx.spaces import SPACES, GenotypeError, RecurrentCell, RecurrentSpace, from_json, resolve_genotype, softmax
from dartsx.spaces.recurrent_members import MEMBERS

SPACE = SPACES["recurrent"]


def test_golden_cells_are_derived(golden):
    cases = json.loads((golden / "discretize.json").read_text())
    assert tuple(cases["rnn_primitives"]) == SPACE.primitives
    for number, case in enumerate(cases["rnn_cases"]):
        cell = SPACE.derive({"recurrent": softmax(np.asarray(case["alpha"]))})
        entries = [[edge.primitive, edge.source] for edge in cell.edges]
        assert (entries, list(cell.concat)) == (case["recurrent"], case["concat"]), f"case {number}"


def test_none_takes_mass_and_is_never_kept():
    space = RecurrentSpace(("none", "tanh", "relu"), num_nodes=2)
    mixture = np.array([[0.9, 0.04, 0.06], [0.1, 0.3, 0.6], [0.5, 0.5, 0.0]])
    assert space.derive({"recurrent": mixture}).choices == {"recurrent/0-1": "relu", "recurrent/0-2": "relu"}


def test_the_paper_sizes_are_counted():
    assert SPACE.count() == 40320 * 4**8
    assert SPACE.alpha_shapes == {"recurrent": (36, 5)}
    for name in ("DARTS_V1", "DARTS_V2"):
        SPACE.validate(MEMBERS[name])
        assert network_cost(SPACE.network(MEMBERS[name])).params == 22_960_000


def test_published_cells_are_known_by_name_and_enas_has_more_nodes():
    assert resolve_genotype("recurrent:DARTS_V2") == (MEMBERS["DARTS_V2"], "recurrent:DARTS_V2")
    with pytest.raises(GenotypeError, match="11 nodes and concat .* in the space they are 8"):
        SPACE.validate(MEMBERS["ENAS"])
    RecurrentSpace(num_nodes=11, concat=(2, 5, 6, 9, 10, 11)).validate(MEMBERS["ENAS"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Genotype(recurrent=[('tanh', 1)], concat=range(1, 2))", "source 1 is not allowed for node 1"),
        ("Genotype(recurrent=[('tanh', 0)], concat=range(1, 3))", "concat .*: allowed are different nodes from 1 to 1"),
        ("Genotype(recurrent=[('tanh', 0)])", "missing concat; needed: recurrent, concat"),
        ("Genotype(recurrent=[('tanh', 0)], concat=[1], reduce=[])", "reduce beside recurrent, concat"),
        ('{"recurrent": [["tanh"]], "concat": [1]}', r"recurrent\[0\]: an entry is a pair"),
        ('{"recurrent": [["tanh", 0]]}', "missing concat"),
    ],
)
def test_wrong_texts_are_named(text, problem):
    with pytest.raises(GenotypeError, match=problem):
        resolve_genotype(text)


def test_a_cell_needs_one_edge_for_every_node():
    for edges in ((("tanh", 0, 1), ("tanh", 0, 3)), (("tanh", 0, 1), ("relu", 0, 1)), ()):
        with pytest.raises(GenotypeError, match="one edge into each of its nodes"):
            RecurrentCell(edges, (1,))
    assert from_json(RecurrentCell((("tanh", 0, 1),), (1,)).document()).concat == (1,)


def test_the_activations_are_those_that_are_computed():
    from dartsx.kernels.recurrent import ACTIVATIONS as COMPUTED

    assert tuple(COMPUTED) == ACTIVATIONS


def test_an_lstm_of_equal_size_is_found():
    for words, width in ((10_000, 650), (2000, 172), (9, 7)):
        assert lstm_width(lstm(words, width).params(), words) == width
    assert lstm_width(0, 50) == 1
