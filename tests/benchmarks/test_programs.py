"""The list of programs: every pair occurs, what is done is not done again, and each outcome is told apart."""

import importlib.util
import itertools

import pytest

from benchmarks import programs
from benchmarks.compilers import Compiler
from benchmarks.covering import Pairs
from benchmarks.thin import thinned
from dartsx.spaces import SPACES, DescribedSpace, named_space

FACTORS = {"a": "123", "b": "456", "c": "78", "d": "90"}
TPU = (
    ("darts", "first_order", "none", "darts", "float32"),
    ("gdas", "first_order", "cell", "s3", "bfloat16"),
    ("drnas", "first_order", "none", "digit_chain", "bfloat16"),
)


class Answers:
    """Stands in for the compiler: refuses and fails what it is told to, every program has a text of its own."""

    def __init__(self, refused=(), failing=()):
        self.refused, self.failing, self.asked = set(refused), set(failing), []

    def ask(self, request):
        if request["do"] == "compile":
            return {"status": "ok", "kernels": 1}
        values = {argument.rpartition("=")[2] for argument in request["config"]}
        self.asked.append((request["do"], *request["config"]))
        if self.refused and self.refused <= values:
            return {"status": "refused", "error": "no"}
        if self.failing and self.failing <= values:
            return {"status": "failed", "error": "dead"}
        return {"status": "ok", "hash": " ".join(request["config"])}


def survey(answers, done=()):
    made = programs.Survey("cpu", 0, list(done))
    return made, list(made.run(answers))


def test_a_few_combinations_hold_every_pair():
    pairs, rows = Pairs(FACTORS), []
    while row := pairs.next():
        rows.append(row)
        pairs.close(pairs.of(row))
        pairs.take(row)
    assert len(rows) < 14  # of 36; 9 at least
    for i, j in itertools.combinations(range(4), 2):
        levels = list(FACTORS.values())
        assert {(row[i], row[j]) for row in rows} == set(itertools.product(levels[i], levels[j]))


def test_cheap_combinations_come_first():
    costs = {"1": 9.0, "5": 9.0, "7": 2.0}
    assert not set(costs) & set(Pairs(FACTORS, costs=costs).next())


def test_a_refused_pair_is_found_and_not_tried_again():
    made, entries = survey(Answers(refused={"gdas", "cell"}))
    (refused,) = [entry for entry in entries if entry["status"] == "refused"]
    assert refused["because"] == [[["method", "gdas"], ["remat", "cell"]]]
    assert made.closed == {"refused": 1, "compiled": made.pairs.total - 1}
    assert "gdas+cell: no" in programs.summary(made)["refused"]


def test_a_pair_that_keeps_failing_is_given_up_and_others_are_covered_elsewhere():
    made, entries = survey(Answers(failing={"exact", "bfloat16"}))
    assert sum(entry["status"] == "failed" for entry in entries) == programs.TRIES
    assert 1 <= made.closed["failed"] <= 3  # with what both failed combinations have in common besides
    assert made.closed["compiled"] == made.pairs.total - made.closed["failed"]


def test_what_the_log_holds_is_not_done_again():
    _, entries = survey(Answers())
    assert {programs.row_of(entry) for entry in entries} >= set(programs.ALONE)
    again = Answers()
    _, rest = survey(again, entries[:-2])
    assert rest[0]["status"] == "ok"
    assert [programs.row_of(entry) for entry in rest] == [programs.row_of(entry) for entry in entries[-2:]]
    assert len(again.asked) == 2


def test_equal_programs_are_compiled_once():
    answers = Answers()
    answers.ask = lambda request: {"status": "ok", "hash": "same", "kernels": 1}
    _, entries = survey(answers)
    assert [entry["status"] for entry in entries].count("ok") == 1


def test_thin_spaces_keep_kinds_of_blocks_and_lose_most():
    thin, whole = named_space("benchmarks.thin:proxyless"), SPACES["proxyless"]
    assert {decision.options for decision in thin.decisions.values()} == {("k3_e3", "k7_e6")}
    assert len(thin.decisions) < len(whole.decisions) / 5
    assert isinstance(thin, DescribedSpace)
    assert thinned(whole.description()).head == whole.description().head


def test_a_worker_that_dies_is_replaced_and_what_the_project_refuses_is_told_apart():
    with Compiler("cpu", within=200) as compiler:
        refused = compiler.ask(
            {"do": "build"} | programs.request("cpu", ("darts", "exact", "cell", "fbnet", "float32"))
        )
        assert refused["status"] == "refused"
        assert "--config.search.remat='cell'" in refused["error"]
        compiler._process.kill()
        assert compiler.ask({"do": "compile"})["error"].startswith("ended by signal 9")
        broken = programs.request("cpu", programs.FIRST) | {"do": "lower", "pixels": "many"}
        assert compiler.ask(broken)["status"] == "failed"


@pytest.mark.skipif(importlib.util.find_spec("libtpu") is None, reason="libtpu is not installed")
def test_a_handful_of_programs_compiles_for_a_tpu():
    with Compiler("v5e-4", within=300) as compiler:
        for row in TPU:
            lowered = compiler.ask({"do": "lower"} | programs.request("v5e-4", row))
            assert lowered["status"] == "ok", (row, lowered["error"])
            compiled = compiler.ask({"do": "compile"})
            assert compiled["status"] == "ok", (row, compiled["error"])
            assert compiled["kernels"] > 50
