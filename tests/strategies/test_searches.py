"""What single strategies do: who dies, where local search goes, what a predictor reads and learns."""

import numpy as np
import pytest

from dartsx.objectives import Measure
from dartsx.spaces import NB201, Cell, Edge, Genotype, topology_from_string
from dartsx.spaces.nb201 import uniform_cell
from dartsx.strategies import make_strategy
from dartsx.strategies.asked import identity
from dartsx.strategies.encoding import features, vectors
from dartsx.strategies.ensemble import _gradients, fit, predict

GOOD = Measure("good", "", larger_is_better=True)


def count(cells):
    return [{"good": float(cell.count("nor_conv_3x3"))} for cell in cells]


def asking(strategy, state, scorer=count):
    state, cells = strategy.ask(state, 1)
    return strategy.tell(state, cells, scorer(cells)), cells[0]


def test_the_oldest_dies_even_if_it_is_the_best():
    strategy = make_strategy("evolution", [GOOD], {"population": 2, "sample": 2})
    state = strategy.init(NB201, 0)
    cells = [uniform_cell(name) for name in ("nor_conv_3x3", "none", "skip_connect")]
    state = strategy.tell(state, cells, [{"good": 9.0}, {"good": 1.0}, {"good": 2.0}])
    assert [cell for _, cell in state.population] == cells[1:]
    state = strategy.tell(state, [cells[0]], [{}])
    assert [cell for _, cell in state.population] == cells[1:]


def test_children_differ_from_a_parent_in_one_edge():
    strategy = make_strategy("evolution", [GOOD], {"population": 1, "sample": 1})
    state, parent = asking(strategy, strategy.init(NB201, 0))
    for _ in range(5):
        state, child = asking(strategy, state)
        assert sum(a != b for a, b in zip(parent.edges, child.edges, strict=True)) == 1
        parent = child


def test_local_search_asks_for_all_neighbours_and_goes_to_the_best():
    strategy = make_strategy("local", [GOOD])
    state, present = asking(strategy, strategy.init(NB201, 3))
    for _ in range(3):
        around = {identity(cell) for cell in NB201.neighbours(present, np.random.default_rng(0))}
        best = present.count("nor_conv_3x3") + 1
        while True:
            before = state
            state, cell = asking(strategy, state)
            if identity(cell) not in around:
                break
        assert before.present == present
        present = state.present
        assert present.count("nor_conv_3x3") == best and identity(present) in around


def test_local_search_starts_again_where_no_neighbour_is_better():
    strategy = make_strategy("local", [GOOD])
    top = uniform_cell("nor_conv_3x3")
    state = strategy.init(NB201, 0)
    state = strategy.tell(state, [top], count([top]))
    for _ in range(24):
        state, cell = asking(strategy, state)
        assert sum(a != b for a, b in zip(top.edges, cell.edges, strict=True)) == 1
    state, cell = asking(strategy, state)
    assert sum(a != b for a, b in zip(top.edges, cell.edges, strict=True)) > 1


def test_local_search_asks_again_where_it_is_told_to():
    def distinct(repeats):
        strategy = make_strategy("local", [GOOD], {"repeats": repeats})
        state, found = strategy.init(NB201, 3), []
        for _ in range(80):
            state, cell = asking(strategy, state)
            found.append(cell)
        return len(set(found))

    assert distinct(False) == 80 > distinct(True)


def test_paths_are_the_features_of_cells():
    cell = topology_from_string("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|")
    assert features(cell) == {"normal:0>nor_conv_1x1", "normal:0>nor_conv_3x3>skip_connect>avg_pool_3x3"}


def test_paths_of_two_cells_start_at_both_inputs_and_end_at_what_is_concatenated():
    cell = (("skip_connect", 0, 2), ("noise", 1, 2), ("noise", 0, 3), ("skip_connect", 2, 3))
    genotype = Genotype(Cell(tuple(Edge(*edge) for edge in cell), (3,)), Cell((), (2,)))
    assert features(genotype) == {
        "normal:0>noise",
        "normal:0>skip_connect>skip_connect",
        "normal:1>noise>skip_connect",
    }


def test_an_ensemble_learns_what_its_features_say_and_its_derivatives_are_exact():
    rng = np.random.default_rng(0)
    cells = [NB201.sample(rng) for _ in range(120)]
    names = sorted(frozenset().union(*map(features, cells)))
    inputs, wanted = vectors(list(map(features, cells)), names), np.array([s["good"] for s in count(cells)])
    ensemble = fit(inputs[:80], wanted[:80], 3, 16, 150, 0.01, rng)
    assert np.corrcoef(predict(ensemble, inputs[80:]).mean(0), wanted[80:])[0, 1] > 0.6
    params = {name: value + 0.01 * rng.normal(size=value.shape) for name, value in ensemble.params.items()}
    found = _gradients(params, inputs, wanted)

    def loss(params):
        hidden = np.maximum(inputs @ params["w0"] + params["b0"], 0)
        hidden = np.maximum(hidden @ params["w1"] + params["b1"], 0)
        output = (hidden @ params["w2"] + params["b2"])[..., 0]
        decay = sum((value**2).sum() for name, value in params.items() if name.startswith("w"))
        return np.abs(output - wanted).mean(1).sum() + 0.5e-4 * decay

    for name, value in params.items():
        place = tuple(0 for _ in value.shape)
        sides = []
        for step in (1e-6, -1e-6):
            moved = value.copy()
            moved[place] += step
            sides.append(loss({**params, name: moved}))
        assert found[name][place] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-5)


def test_a_predictor_finds_more_than_chance():
    strategy = make_strategy("predictor", [GOOD], {"steps": 60, "members": 3})
    state, found = strategy.init(NB201, 0), []
    for _ in range(12):
        state, cells = strategy.ask(state, 5)
        state = strategy.tell(state, cells, count(cells))
        found += [score["good"] for score in count(cells)]
    assert max(found) >= 5 and np.mean(found[-20:]) > np.mean(found[:10]) + 1
