"""Domination, fronts, crowding and hypervolume against their definitions."""

import numpy as np
import pytest

from dartsx.objectives import Measure
from dartsx.spaces import SPACES, DescribedSpace, Scale
from dartsx.strategies import make_strategy
from dartsx.strategies.nsga2 import crossed
from dartsx.strategies.pareto import crowding, dominates, hypervolume, ranks, utilities_of
from dartsx.strategies.steps import steps_of

POINTS = np.array([[3.0, 0.0], [2.0, 2.0], [0.0, 3.0], [1.0, 1.0], [2.0, 1.0], [0.0, 0.0]])
MEASURES = (Measure("convs", "", True), Measure("skips", "", True))


def test_fronts():
    assert ranks(POINTS).tolist() == [0, 0, 0, 2, 1, 3]
    assert not dominates(POINTS[[1, 1]]).any()  # equal ones do not dominate each other


def test_crowding_is_the_distance_between_both_neighbours():
    front = np.array([[0.0, 10.0], [1.0, 6.0], [3.0, 5.0], [10.0, 0.0]])
    assert crowding(front).tolist() == [np.inf, 3 / 10 + 5 / 10, 9 / 10 + 6 / 10, np.inf]


@pytest.mark.parametrize("measures", [1, 2, 3])
def test_hypervolume_equals_the_share_of_random_points_that_are_dominated(measures):
    rng = np.random.default_rng(measures)
    points = rng.random((6, measures))
    probes = rng.random((20_000, measures))
    share = (points[None] >= probes[:, None]).all(-1).any(1).mean()
    assert hypervolume(points, [0.0] * measures) == pytest.approx(share, abs=0.015)


def test_hypervolume_counts_what_lies_above_the_reference_only():
    assert hypervolume(np.array([[3.0, 4.0], [5.0, 1.0], [9.0, 0.5]]), [1.0, 1.0]) == 2 * 3
    assert hypervolume(np.zeros((0, 2)), [0.0, 0.0]) == 0


def test_smaller_is_better_where_a_measure_says_so():
    loss = Measure("loss", "", larger_is_better=False)
    found = utilities_of((MEASURES[0], loss), [{"convs": 1.0, "loss": 2.0}, {"convs": 1.0}])
    assert found[0].tolist() == [1.0, -2.0] and np.isnan(found[1, 1])


def test_children_have_their_parents_choices(open_networks):
    rng = np.random.default_rng(0)
    for space in (SPACES["nb201"], SPACES["darts"], DescribedSpace(open_networks["nested"](), Scale(classes=3))):
        steps = steps_of(space)
        for _ in range(10):
            one, other = (steps.actions(space.sample(rng)) for _ in range(2))
            child = crossed(steps, one, other, rng)
            space.validate(steps.architecture(child))
            assert steps.actions(steps.architecture(child)) == child
            if space is SPACES["nb201"]:
                assert all(action in pair for action, *pair in zip(child, one, other, strict=True))


@pytest.mark.parametrize("name", ["nsga2", "pareto_local"])
def test_the_front_of_two_counts_is_found(name):
    strategy, space = make_strategy(name, MEASURES), SPACES["nb201"]
    state, found = strategy.init(space, 0), []
    for _ in range(60):
        state, cells = strategy.ask(state, 5)
        scores = [{"convs": cell.count("nor_conv_3x3"), "skips": cell.count("skip_connect")} for cell in cells]
        state = strategy.tell(state, cells, scores)
        found += scores
    reached = {(score["convs"], score["skips"]) for score in found}
    assert len({(convs, 6 - convs) for convs in range(7)} & reached) >= 6
