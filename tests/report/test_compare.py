"""Two runs side by side, and the small charts of such pages."""

import json
import math
import re
from xml.etree import ElementTree

import pytest

from dartsx.report import RunError
from dartsx.report.compare import compare_runs, write_comparison
from dartsx.report.line_chart import Line, line_chart
from dartsx.spaces import published


def configured(path, **config):
    (path / "config.json").write_text(json.dumps(config))
    return path


def test_samples_of_one_experiment_differ_in_nothing_that_decides(search_run):
    a = configured(search_run("a"), seed=0, method="darts", search={"epochs": 3, "chunk_steps": 5})
    b = configured(
        search_run("b", seconds=120.0, seed=1), seed=1, method="darts", search={"epochs": 3, "chunk_steps": 9}
    )
    found = compare_runs(a, b)
    assert found.verdict.startswith("Two samples of one experiment, with seeds 0 and 1")
    assert not found.tables["Settings that decide"].lines and not found.tables["Decisions that differ"].lines
    others = dict((line[0], line[1:]) for line in found.tables["What else differs"].lines)
    assert others["search.chunk_steps"] == ("5", "9") and others["seed"] == ("0", "1")
    assert ("seconds", "90.0000", "120.0000", "+30.0000") in found.tables["Results"].lines


def test_what_decides_and_the_architectures_are_told_apart(search_run, tmp_path):
    a = configured(search_run("a", genotype="DARTS_V1"), method="darts", search={"epochs": 3})
    b = configured(search_run("b"), method="darts", search={"epochs": 5})
    found = compare_runs(a, b)
    assert found.tables["Settings that decide"].lines == (("search.epochs", "3", "5"),)
    differ = {name for name, *_ in found.tables["Decisions that differ"].lines}
    one, other = published("DARTS_V1").choices, published("DARTS_V2").choices
    assert differ == {name for name in {**one, **other} if one.get(name) != other.get(name)} != set()
    text = write_comparison(a, b, tmp_path / "pages" / "compare.html")
    page = (tmp_path / "pages" / "compare.html").read_text()
    assert "search.epochs" in text and page.count('aria-label="Normal cell"') == 2 and "accuracy" in page


def test_networks_trained_alike_are_no_samples_of_one(evaluate_run):
    a, b = evaluate_run("a", 3.0), evaluate_run("b", 4.0, genotype="DARTS_V1")
    found = compare_runs(a, b)
    assert found.verdict.startswith("Two networks trained alike")
    assert ("test error (%)", "3.0000", "4.0000", "+1.0000") in found.tables["Results"].lines


def test_a_search_and_an_evaluation_do_not_compare(search_run, evaluate_run):
    with pytest.raises(RunError, match=r"'search', .* of kind 'evaluate': two of a kind"):
        compare_runs(search_run("a"), evaluate_run("b", 3.0))
    with pytest.raises(RunError, match="half: not finished"):
        compare_runs(search_run("half", status="running"), search_run("c"))


def test_a_chart_has_round_ticks_gaps_and_says_where_curves_end():
    svg = line_chart("loss", [Line("train", [1, 2, 3, 4], [2.0, math.nan, 1.0, 0.5], "#2563eb")])
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == "loss: train 0.5 at 4"
    words = ["".join(e.itertext()) for e in root.iter() if e.tag.endswith("text")]
    assert {"1", "2", "3", "4", "0.5", "1.5"} <= set(words)
    (curve,) = [e.get("d") for e in root.iter() if e.get("stroke") == "#2563eb" and e.get("stroke-width") == "1.8"]
    assert re.sub(r"[\d. ]", "", curve) == "MML"
    for lines in ([], [Line("", [3], [7.0], "#2563eb")]):
        assert ElementTree.fromstring(line_chart("a < b", lines)).tag.endswith("svg")
