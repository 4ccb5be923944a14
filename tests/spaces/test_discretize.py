"""The discretizer equals the original's and has its tie rules."""

import json

import numpy as np
import pytest

from dartsx.spaces import DARTS, CellSpace, SpaceError, discretize, softmax


def entries(cell):
    return [[edge.primitive, edge.source] for edge in cell.edges]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["cases", "edge_cases"])
def test_golden_genotypes(golden, kind, dtype):
    reference = json.loads((golden / "discretize.json").read_text())
    space = CellSpace(tuple(reference["primitives"]), reference["steps"])
    assert space == CellSpace()
    assert reference[kind]
    for number, case in enumerate(reference[kind]):
        genotype = space.derive(
            {cell_type: softmax(np.asarray(case[f"alpha_{cell_type}"], dtype)) for cell_type in ("normal", "reduce")}
        )
        for cell_type in ("normal", "reduce"):
            cell = genotype.cell(cell_type)
            assert entries(cell) == case[cell_type], f"{kind}[{number}] {cell_type}"
            assert list(cell.concat) == case[f"{cell_type}_concat"]


def test_golden_cases_tell_the_rule_from_a_ranking_of_logits(golden):
    reference = json.loads((golden / "discretize.json").read_text())
    differing = [
        case
        for case in reference["cases"]
        if any(entries(discretize(case[f"alpha_{t}"])) != case[t] for t in ("normal", "reduce"))
    ]
    assert differing


def test_the_mass_of_none_weakens_an_edge_and_is_never_chosen():
    alpha = np.zeros((5, 3))
    alpha[2:, 0] = [5.0, -5.0, 0.0]
    cell = discretize(softmax(alpha), primitives=("none", "skip_connect", "max_pool_3x3"))
    assert entries(cell)[2:] == [["skip_connect", 1], ["skip_connect", 2]]


def test_ties_go_to_the_lower_index_even_where_rows_are_permuted():
    rng = np.random.default_rng(0)
    for _ in range(50):
        logits = rng.normal(size=7)
        rows = [np.concatenate([[0.0], rng.permutation(logits)]) for _ in range(14)]
        cell = discretize(softmax(rows))
        assert [edge.source for edge in cell.edges] == [0, 1] * 4


def test_none_may_be_any_column_or_missing():
    weights = [[0.2, 0.5, 0.3], [0.3, 0.6, 0.1]]
    last = discretize(weights, primitives=("skip_connect", "sep_conv_3x3", "none"))
    assert entries(last) == [["sep_conv_3x3", 1], ["sep_conv_3x3", 0]]
    middle = discretize(weights, primitives=("skip_connect", "none", "sep_conv_3x3"))
    assert entries(middle) == [["sep_conv_3x3", 0], ["skip_connect", 1]]
    without = discretize(weights, primitives=("skip_connect", "sep_conv_3x3", "max_pool_3x3"))
    assert entries(without) == [["sep_conv_3x3", 1], ["sep_conv_3x3", 0]]


def test_one_edge_per_node_and_a_chosen_concat():
    weights = np.eye(5, 8, k=1)
    weights[3] *= 2
    cell = discretize(weights, edges_kept=1, concat=(3,))
    assert [tuple(edge) for edge in cell.edges] == [
        ("max_pool_3x3", 0, 2),
        ("sep_conv_3x3", 1, 3),
    ]
    assert cell.concat == (3,)


def test_softmax_is_exact_for_large_and_single_precision_logits():
    alpha = np.array([[1e4, 0.0], [-1e4, -1e4]], np.float32)
    np.testing.assert_array_equal(softmax(alpha), [[1.0, 0.0], [0.5, 0.5]])
    assert softmax(alpha).dtype == np.float64


@pytest.mark.parametrize(
    ("mixture", "options", "message"),
    [
        (np.zeros((14, 7)), {}, r"shape \(14, 7\); expected \[edges, 8\]"),
        (np.zeros(8), {}, r"shape \(8,\)"),
        (np.zeros((13, 8)), {}, "13 edges; allowed: 2, 5, 9, 14, 20, 27"),
        (np.zeros((0, 8)), {}, "0 edges"),
        (np.full((2, 8), np.nan), {}, "holds nan at edge 0, primitive none"),
        (np.full((2, 8), np.inf), {}, "holds inf"),
        (np.zeros((2, 8)), {"edges_kept": 3}, "edges_kept is 3; allowed: 1 to 2"),
        (np.zeros((2, 8)), {"edges_kept": 0}, "edges_kept is 0"),
        (np.zeros((2, 1)), {"primitives": ("none",)}, "no primitive but 'none'"),
    ],
)
def test_a_mixture_that_does_not_fit_is_refused(mixture, options, message):
    with pytest.raises(SpaceError, match=message):
        discretize(mixture, **options)


def test_primitives_of_a_users_own_need_no_declaration():
    assert entries(discretize(np.eye(8)[[7, 7]], (*DARTS[:-1], "my_conv")))[0][0] == "my_conv"
