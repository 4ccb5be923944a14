"""A log that was cut off anywhere and continued equals the log of one run."""

import itertools

import pytest

from dartsx.objectives import NB201Objective
from dartsx.objectives.logged import LogError, Logged
from dartsx.spaces import NB201
from dartsx.strategies import queries, random_search
from dartsx.tabular import load_nb201


@pytest.fixture(scope="module")
def objective():
    return NB201Objective(load_nb201())


def run(objective, path, count, key=0):
    logged = Logged(objective, path)
    return list(itertools.islice(queries(random_search(), NB201, logged, key, 12, at_once=4), count))


def test_a_log_cut_off_anywhere_is_continued_byte_for_byte(objective, tmp_path):
    path = tmp_path / "log.jsonl"
    wanted = run(objective, path, 12)
    whole = path.read_bytes()
    assert whole.count(b"\n") == 12
    for cut in (0, 10, len(whole) // 2, len(whole) - 1, len(whole)):
        path.write_bytes(whole[:cut])
        assert run(objective, path, 12) == wanted
        assert path.read_bytes() == whole


def test_what_is_on_record_is_not_scored_again(objective, tmp_path):
    path = tmp_path / "log.jsonl"
    run(objective, path, 8)

    def never(architectures, budget):
        raise AssertionError("scored again")

    assert len(run(never, path, 8)) == 8


def test_an_architecture_is_on_record_before_the_next_one_is_scored(objective, tmp_path):
    path, seen = tmp_path / "log.jsonl", []

    def watching(architectures, budget):
        seen.append((len(architectures), path.read_text().count("\n") if path.exists() else 0))
        return objective(architectures, budget)

    numbers = []
    logged = Logged(watching, path, after=lambda number, seconds: numbers.append((number, seconds >= 0)))
    list(itertools.islice(queries(random_search(), NB201, logged, 0, 12, at_once=4), 8))
    assert seen == [(1, lines) for lines in range(8)]
    assert numbers == [(number, True) for number in range(8)]


def test_the_log_of_another_search_is_refused(objective, tmp_path):
    path = tmp_path / "log.jsonl"
    run(objective, path, 4)
    with pytest.raises(LogError, match=r"log.jsonl, line 1: holds \|.*; this search asks for \|"):
        run(objective, path, 4, key=1)
