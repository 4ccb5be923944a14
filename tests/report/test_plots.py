"""Series and plots: numbers by hand, well-formed and repeatable pictures."""

import json
import math
import re
from xml.etree import ElementTree

import matplotlib
import pytest

from dartsx.report import RunError, read_run, read_runs
from dartsx.report.heat_map import FRAME, heat_map
from dartsx.report.plots import evaluate_curves, evolution, search_curves
from dartsx.report.records import Metric
from dartsx.report.series import curve, splits
from dartsx.report.weights import entropy, softmax
from dartsx.spaces import Choices, to_json


@pytest.fixture
def search(search_run):
    return read_runs([search_run("a")]).searches[0]


def first_heat_map(run):
    group = run.groups[0]
    return heat_map(group, group.weights[-1], run.genotype.choices, group.title)


def test_softmax_and_entropy_equal_the_hand_computation():
    alphas = ((0.0, math.log(3.0)), (1000.0, 1000.0))
    assert softmax(alphas) == (pytest.approx((0.25, 0.75)), pytest.approx((0.5, 0.5)))
    first = 0.25 * math.log(4.0) + 0.75 * math.log(4.0 / 3.0)
    assert entropy([softmax(alphas)] * 2) == pytest.approx((first + math.log(2.0)) / 2)


def test_entropy_divides_rows_by_their_sums():
    assert entropy([((2.0, 2.0), (0.0, 0.0))]) == pytest.approx(math.log(2.0) / 2)


def test_curve_takes_the_mean_of_an_epoch_and_one_split_only():
    metrics = (
        Metric(1, "train", "loss", 2.0),
        Metric(1, "train", "loss", 4.0),
        Metric(1, "valid", "loss", 9.0),
        Metric(2, "train", "loss", 1.0),
        Metric(2, "train", "accuracy", 0.5),
    )
    assert curve(metrics, "train", "loss") == ([1, 2], [3.0, 1.0])
    assert splits(metrics, "loss") == ["train", "valid"]
    assert splits(metrics, "accuracy") == ["train"]


def test_edges_and_primitives_are_named(search):
    normal = search.groups[0]
    labels = [row.label for row in normal.rows]
    assert labels[:3] == ["c_{k-2} to 0", "c_{k-1} to 0", "c_{k-2} to 1"]
    assert labels[-1] == "2 to 3" and len(labels) == 14
    assert normal.rows[0].name == "normal/0-2" and normal.rows[0].formula == "$c_{k-2}$ to 0"
    assert normal.rows[0].options[3] == "skip_connect" and normal.title == "normal cell"


def test_primitives_named_in_the_config_come_first(search_run):
    path = search_run("a")
    names = tuple(f"own_{i}" for i in range(8))
    (path / "config.json").write_text(json.dumps({"space": {"primitives": names}}))
    assert read_run(path).groups[0].rows[0].options == names


def test_alphas_that_fit_no_cell_are_refused(search_run):
    path = search_run("a")
    (path / "alphas.jsonl").write_text(json.dumps({"epoch": 1, "normal": [[0.0, 1.0]] * 13}))
    with pytest.raises(RunError, match="13 rows fit no cell"):
        read_run(path)


def test_logged_strengths_are_shown_as_they_are_and_alphas_only_without_them(search_run):
    path = search_run("a")
    rows = [[0.5] * 8] * 14  # sigmoids: rows need not sum to 1
    (path / "strengths.jsonl").write_text(json.dumps({"epoch": 3, "normal": rows, "reduce": rows}))
    assert read_run(path).groups[0].weights == (tuple(map(tuple, rows)),)
    (path / "strengths.jsonl").unlink()
    assert sum(read_run(path).groups[0].weights[0][0]) == pytest.approx(1)


def test_decisions_of_any_space_are_drawn_with_their_own_options(search_run):
    path = search_run("chain", decisions={"decisions": {"op1": ["k3", "k5", "skip"], "width": ["8", "12"]}})
    (path / "genotype.json").write_text(json.dumps(to_json(Choices({"op1": "k5", "width": "12"}))))
    lines = [{"epoch": e, "decisions": [[0.2, 0.5, 0.3], [0.4, 0.6, 0.0]]} for e in (1, 2)]
    (path / "strengths.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run = read_run(path)
    (group,) = run.groups
    assert [(row.label, row.options) for row in group.rows] == [("op1", ("k3", "k5", "skip")), ("width", ("8", "12"))]
    for text in (first_heat_map(run), evolution(run, group)):
        assert "op1" in text and "width" in text
    root = ElementTree.fromstring(first_heat_map(run))
    assert {"k5: 0.50", "12: 0.60"} <= {
        "".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")
    }
    assert len([e for e in root.iter() if e.get("class") == "weight" and e.tag.endswith("rect")]) == 5  # ragged rows
    kept = [e for e in root.iter() if e.get("stroke") == FRAME]
    assert [frame.get("x") == frame.get("data-places").split()[1] for frame in kept] == [True, True]  # k5 and 12


@pytest.mark.parametrize(
    "plot",
    [first_heat_map, search_curves, lambda run: evolution(run, run.groups[0])],
    ids=["heat_map", "search_curves", "evolution"],
)
def test_plot_is_well_formed_repeatable_and_undated(search, plot):
    text = plot(search)
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert plot(search) == text
    assert "<dc:date>" not in text


def test_heat_map_shows_the_mixtures(search, search_run):
    other = search_run("b")
    lines = (other / "alphas.jsonl").read_text().splitlines()
    (other / "alphas.jsonl").write_text("\n".join(lines[:1]))
    assert first_heat_map(search) != first_heat_map(read_runs([other]).searches[0])


def test_curves_of_several_runs_hold_a_line_for_each(evaluate_run):
    paths = [evaluate_run(f"e{i}", 3.0, seed=i) for i in range(2)]
    runs = read_runs(paths).evaluates
    assert len(evaluate_curves(runs)) > len(evaluate_curves(runs[:1]))


def test_words_of_a_plot_are_text_and_its_ids_its_own(search):
    curves, weights = search_curves(search), evolution(search, search.groups[0])
    words = {text.strip() for text in ElementTree.fromstring(curves).itertext()}
    assert {"loss", "accuracy", "epoch", "train"} <= words
    ids = [re.findall(r' id="([^"]+)"', svg) for svg in (curves, weights)]
    assert all(len(found) == len(set(found)) > 0 for found in ids) and not set(ids[0]) & set(ids[1])
    for svg, found in zip((curves, weights), ids, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([\w-]+)', svg)) == set(found)


def test_plots_leave_the_users_settings_alone(search):
    with matplotlib.rc_context({"font.size": 17.0}):
        search_curves(search)
        assert matplotlib.rcParams["font.size"] == 17.0
