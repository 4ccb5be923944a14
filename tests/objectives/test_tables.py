"""Scores from tables equal the tables' entries, and say what they cost."""

import numpy as np
import pytest

from dartsx.objectives import MacroObjective, NB201Objective
from dartsx.objectives.macro import digits
from dartsx.spaces import NB201, Choices, GenotypeError, SpaceError, nb201
from dartsx.spaces.chains.nb_macro import OPTIONS
from dartsx.tabular import NB201Table, TableError, load_macro, load_nb201


@pytest.fixture(scope="module")
def table():
    return load_nb201()


def test_cells_have_the_tables_accuracies_at_both_budgets(table):
    objective = NB201Objective(table)
    cells = [nb201.cell_at(index) for index in (6111, 1835)]
    short, long = objective(cells), objective(cells, 200)
    assert short == objective(cells, 12)
    for cell, at_12, at_200 in zip(cells, short, long, strict=True):
        assert at_12["valid_accuracy"] == table.accuracy(cell, epochs=12, split="valid")
        assert at_200["test_accuracy"] == table.accuracy(cell) and "valid_accuracy" not in at_200
        assert at_12["training_macs"] == table.flops(cell) * 25_000 * 12
        assert at_200["training_macs"] == table.flops(cell) * 50_000 * 200
        assert set(at_12) | set(at_200) == set(objective.measures)


def test_other_data_sets_have_scores_of_their_own(table):
    (score,) = NB201Objective(table, "in16")([nb201.cell_at(857)], 200)
    assert score["test_accuracy"] == table.best("in16")[1] and score["params"] == table.params(857, "in16")


def test_what_the_table_lacks_is_left_out(table):
    columns = {name: np.array(column) for name, column in table.columns.items()}
    columns["cifar10_valid_12ep"][3] = np.nan
    lacking, whole = NB201Objective(NB201Table(columns))([nb201.cell_at(3), nb201.cell_at(4)])
    assert set(whole) - set(lacking) == {"valid_accuracy"}


def test_directions(table):
    measures = NB201Objective(table).measures
    assert measures["valid_accuracy"].utility({"valid_accuracy": 3.0}) == 3.0
    assert measures["params"].utility({"params": 3.0}) == -3.0
    assert np.isnan(measures["params"].utility({}))
    assert np.isnan(measures["params"].utility({"params": -np.inf}))


def test_wrong_questions_to_nb201_are_named(table):
    with pytest.raises(TableError, match=r"not trained for 50 epochs; allowed: \(12, 200\)"):
        NB201Objective(table)([], 50)
    with pytest.raises(TableError, match="no data set 'svhn' in NAS-Bench-201; allowed: cifar10, cifar100, in16"):
        NB201Objective(table, "svhn")
    with pytest.raises((GenotypeError, SpaceError)):
        NB201Objective(table)([Choices({"op": "k3"})])


def test_macro_networks_are_read_by_their_digits():
    table = load_macro()
    chosen = Choices({f"layer{i}": OPTIONS[int(digit)] for i, digit in enumerate("01201201")})
    assert digits(chosen) == "01201201"
    objective = MacroObjective(table)
    (score,) = objective([chosen])
    wanted = {"test_accuracy": table.accuracy, "params": table.params, "macs": table.flops}
    assert score == {name: figure("01201201") for name, figure in wanted.items()}
    assert set(score) == set(objective.measures)


def test_wrong_questions_to_macro_are_named():
    objective = MacroObjective(load_macro())
    with pytest.raises(GenotypeError, match="has the decisions layer0, layer1"):
        objective([NB201.sample(np.random.default_rng(0))])
    with pytest.raises(GenotypeError, match="layer0: unknown option 'k9'"):
        objective([Choices({f"layer{i}": "k9" for i in range(8)})])
    with pytest.raises(TableError, match="not trained for 3 epochs"):
        objective([], 3)
