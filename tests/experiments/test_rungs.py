"""Successive halving, Hyperband and ASHA: the tables of their papers, and what is promoted when."""

import math

import pytest

from dartsx.experiments.sweeps.rungs import Rung, best, budgets, halving, hyperband, promotable
from dartsx.experiments.sweeps.schedulers import Asha, Halving, Unit

# arXiv:1603.06560, table 1: (n_i, r_i) of the brackets s = 4, ..., 0 for R = 81, eta = 3.
HYPERBAND = (
    ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81)),
    ((34, 3), (11, 9), (3, 27), (1, 81)),
    ((15, 9), (5, 27), (1, 81)),
    ((8, 27), (2, 81)),
    ((5, 81),),
)
# arXiv:1810.05934, figure 1: n = 9, r = 1, R = 9, eta = 3.
HALVING = ((9, 1), (3, 3), (1, 9))


def numbers(count):
    """Draws 0, 1, ... below `count`."""
    left = iter(range(count))
    return lambda: next(left, None)


def played(scheduler, score, workers=1):
    """All units in the order in which they were asked for; the oldest of those that run ends when no worker is free."""
    asked, running = [], []
    while True:
        while len(running) < workers and (unit := scheduler.ask()) is not None:
            asked.append(unit)
            running.append(unit)
        if not running:
            return asked
        ended = running.pop(0)
        scheduler.tell(ended, score(ended.setting))


def test_hyperband_has_the_brackets_of_its_paper():
    assert hyperband(1, 81, 3) == HYPERBAND


def test_successive_halving_has_the_rungs_of_its_paper():
    assert halving(9, 1, 9, 3) == HALVING
    assert halving(12, 2, 20, 3) == (Rung(12, 2), Rung(4, 7), Rung(1, 20))


def test_rungs_end_at_all_epochs_and_begin_at_the_least():
    assert budgets(1, 81, 3) == (1, 3, 9, 27, 81)
    assert budgets(3, 20, 2) == (5, 10, 20)
    assert budgets(20, 20, 3) == (20,)


@pytest.mark.parametrize("workers", [1, 3, 100])
def test_hyperband_runs_its_table_and_promotes_the_best(workers):
    asked = played(Halving(hyperband(1, 81, 3), numbers(1000)), score=lambda number: number, workers=workers)
    counts = {epochs: sum(unit.epochs == epochs for unit in asked) for epochs in (1, 3, 9, 27, None)}
    assert counts == {1: 81, 3: 27 + 34, 9: 9 + 11 + 15, 27: 3 + 3 + 5 + 8, None: 1 + 1 + 1 + 2 + 5}
    first = [unit.setting for unit in asked if unit.epochs == 3 and unit.setting < 81]
    assert first == list(range(80, 53, -1))


def test_asha_promotes_as_soon_as_one_is_among_the_best_third():
    # Scores by number; worked by hand after algorithm 2 with one worker.
    scores = [5, 1, 9, 2, 8, 3, 7, 6, 4]
    asked = played(Asha((1, 3, 9), 3, numbers(9)), scores.__getitem__)
    assert asked == [
        *(Unit(0, 1), Unit(1, 1), Unit(2, 1)),
        Unit(2, 3),  # 9 is the best of three
        *(Unit(3, 1), Unit(4, 1), Unit(5, 1)),
        Unit(4, 3),  # of six two: 9 has gone, 8 goes
        *(Unit(6, 1), Unit(7, 1), Unit(8, 1)),
        Unit(6, 3),
        Unit(2, None),  # the best of the three at 3 epochs
    ]


def test_one_that_failed_is_not_promoted_and_the_others_are():
    fails = {2: -math.inf}
    asked = played(Halving([halving(3, 1, 9, 3)], numbers(3)), lambda number: fails.get(number, number))
    assert asked[-2:] == [Unit(1, 3), Unit(1, None)]
    assert promotable([{0: -math.inf, 1: -math.inf, 2: -math.inf}, {}], [set(), set()], 3) is None


def test_with_fewer_settings_than_a_bracket_has_its_rungs_are_as_far_as_they_come():
    asked = played(Halving(hyperband(1, 9, 3), numbers(4)), lambda number: number)
    assert [unit.epochs for unit in asked] == [1] * 4 + [3] * 3 + [None]
    assert played(Halving(hyperband(1, 9, 3), numbers(0)), lambda number: number) == []


def test_of_equals_the_first_go_on():
    assert best({3: 1.0, 1: 1.0, 2: 2.0}, 2) == [2, 1]
