"""The loop of questions, and the best of what was asked."""

import itertools

from dartsx.objectives import Measure
from dartsx.spaces import NB201
from dartsx.strategies import Query, best, queries, random_search

LOSS = Measure("loss", "", larger_is_better=False)


def test_questions_come_in_batches_and_go_to_the_objective_with_its_budget():
    calls = []

    def objective(architectures, budget):
        calls.append((len(architectures), budget))
        return [{"loss": float(len(calls))}] * len(architectures)

    done = list(itertools.islice(queries(random_search(), NB201, objective, 0, budget=7, at_once=3), 7))
    assert calls == [(3, 7)] * 3
    assert [query.scores["loss"] for query in done] == [1, 1, 1, 2, 2, 2, 3]


def test_a_key_decides_everything():
    def first(key):
        found = queries(random_search(), NB201, lambda archs, budget: [{}] * len(archs), key, at_once=2)
        return [query.architecture for query in itertools.islice(found, 6)]

    assert first(3) == first(3) == first([3]) and first(3) != first(4) != first((3, 4))


def test_the_best_is_the_first_of_the_best_that_have_the_score():
    scores = [{"loss": 2.0}, {}, {"loss": 1.0}, {"loss": 1.0}, {"loss": float("nan")}]
    done = [Query(number, score) for number, score in enumerate(scores)]
    assert best(done, LOSS).architecture == 2
    assert best(done[1:2], LOSS) is None
