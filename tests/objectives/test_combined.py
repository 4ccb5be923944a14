"""Combinations of objectives, and costs of networks."""

import functools
import math

import numpy as np
import pytest

from dartsx.cost import latency_of, read_table
from dartsx.cost.forms import mnasnet_hard, mnasnet_soft
from dartsx.objectives import NB201Objective
from dartsx.objectives.combined import constrained, rewarded, together, weighted
from dartsx.objectives.costs import NetworkCosts
from dartsx.objectives.nb201 import SECONDS, read_cells
from dartsx.objectives.objective import Measure
from dartsx.spaces import NB201, named_space, nb201
from dartsx.tabular import TableError, load_nb201

LATENCY = Measure("phone_ms", "ms", larger_is_better=False)
CELLS = [nb201.cell_at(index) for index in (6111, 1835, 7)]


@pytest.fixture(scope="module")
def objective():
    latencies = np.full(15625, np.nan)
    latencies[[6111, 1835]] = 80.0, 20.0
    return NB201Objective(load_nb201(), further={LATENCY: latencies})


def test_mnasnets_reward_is_missing_where_a_part_is(objective):
    scored = rewarded(objective, "valid_accuracy", "phone_ms", mnasnet_soft, 40.0)
    best, skips, unknown = scored(CELLS)
    assert best["reward"] == best["valid_accuracy"] * 2**-0.07
    assert skips["reward"] == skips["valid_accuracy"] * 0.5**-0.07
    assert "reward" not in unknown and "valid_accuracy" in unknown
    assert scored.measures["reward"].unit == "%" and scored.measures["reward"].larger_is_better
    hard = rewarded(objective, "valid_accuracy", "phone_ms", functools.partial(mnasnet_hard, exponent=-1.0), 40.0)
    assert [s.get("reward") for s in hard(CELLS)] == [best["valid_accuracy"] / 2, skips["valid_accuracy"], None]


def test_weights_count_by_direction(objective):
    (best, *_, unknown) = weighted(objective, {"valid_accuracy": 1.0, "phone_ms": 0.5})(CELLS)
    assert best["weighted"] == best["valid_accuracy"] - 40.0 and "weighted" not in unknown


def test_what_exceeds_a_limit_or_lacks_its_number_has_no_score(objective):
    found = constrained(objective, "valid_accuracy", {"phone_ms": 40.0, "params": 1e6})(CELLS)
    assert [s.get("constrained") for s in found] == [None, found[1]["valid_accuracy"], None]


def test_together_scores_all_numbers_and_only_the_first_has_the_budget(objective):
    costs = NetworkCosts(NB201)
    named = weighted(costs, {"params": 1.0}, "smallness")
    both = together(NB201Objective(load_nb201()), _only(named, "smallness"))
    (scores, *_) = both(CELLS, 200)
    assert set(scores) == {"test_accuracy", "params", "macs", "training_macs", "smallness"}
    assert scores["smallness"] == -scores["params"]
    with pytest.raises(ValueError, match="several objectives score macs, params"):
        together(objective, costs)


def _only(objective, name):
    class Only:
        measures = {name: objective.measures[name]}

        def __call__(self, architectures, budget=None):
            return [{name: scores[name]} for scores in objective(architectures, budget)]

    return Only()


def test_wrong_parts_are_named(objective):
    with pytest.raises(ValueError, match="does not score 'latency'; it scores valid_accuracy, test"):
        weighted(objective, {"latency": 1.0})
    with pytest.raises(ValueError, match="to be lowered, not valid_accuracy and test_accuracy"):
        rewarded(objective, "valid_accuracy", "test_accuracy", mnasnet_soft, 1.0)


def test_costs_are_those_of_the_network_and_of_the_table(tmp_path):
    path = tmp_path / "times.csv"
    path.write_text("type,h_in,c_in,h_out,c_out,kernel,stride,residual,mean_ms\nconv,32,3,32,32,3,1,0,1.5\n")
    space, table = named_space("nb_macro"), read_table(path)
    chosen = space.sample(np.random.default_rng(0))
    lacking = NetworkCosts(space, latencies={"phone": lambda network, _: latency_of(network, table)})
    network = space.network(chosen)
    assert lacking([chosen]) == [{"params": network.params(), "macs": network.macs()}]
    known = NetworkCosts(space, latencies={"phone": lambda network, architecture: 2.0})
    assert known([chosen])[0]["phone"] == 2.0 and known.measures["phone"].unit == "ms"
    with pytest.raises(ValueError, match="costs have no budget; given 3"):
        known([chosen], 3)


def test_cells_have_the_seconds_of_a_file_and_in_proportion_for_longer_training(tmp_path):
    (tmp_path / "cost.csv").write_text("arch_index,seconds\n6111,12.0\n")
    timed = NB201Objective(load_nb201(), seconds=read_cells(tmp_path / "cost.csv", "seconds"))
    (short, *others), (long, *_) = timed(CELLS, 12), timed(CELLS, 200)
    assert short[SECONDS.name] == 12.0 and long[SECONDS.name] == pytest.approx(12.0 * 200 * 2 / 12)
    assert all(SECONDS.name not in scores for scores in others)
    (tmp_path / "cost.csv").write_text("arch_index,seconds\n15625,12.0\n")
    with pytest.raises(TableError, match="arch_index is no index of the benchmark"):
        read_cells(tmp_path / "cost.csv", "seconds")
    assert math.isnan(timed.seconds[7])
