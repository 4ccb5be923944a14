"""Series and plots: numbers by hand, well-formed and repeatable pictures."""

import math
from xml.etree import ElementTree

import matplotlib
import pytest

from dartsx.report import AlphaEpoch, read_runs
from dartsx.report.plots import evaluate_curves, evolution, heat_map, search_curves
from dartsx.report.records import Metric
from dartsx.report.series import (
    curve,
    edge_labels,
    entropy,
    primitive_labels,
    softmax,
    splits,
)


@pytest.fixture
def search(search_run):
    return read_runs([search_run("a")]).searches[0]


def test_softmax_and_entropy_equal_the_hand_computation():
    alphas = ((0.0, math.log(3.0)), (1000.0, 1000.0))
    assert softmax(alphas) == (pytest.approx((0.25, 0.75)), pytest.approx((0.5, 0.5)))
    first = 0.25 * math.log(4.0) + 0.75 * math.log(4.0 / 3.0)
    both = AlphaEpoch(1, alphas, alphas)
    assert entropy(both) == pytest.approx((first + math.log(2.0)) / 2)


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
    labels = edge_labels(14)
    assert labels[:3] == ["c_{k-2} to 0", "c_{k-1} to 0", "c_{k-2} to 1"]
    assert labels[-1] == "2 to 3" and len(labels) == 14
    assert primitive_labels(search)[3] == "skip_connect"


def test_primitives_named_in_the_config_come_first(search_run):
    path = search_run("a")
    names = [f"own_{i}" for i in range(8)]
    (path / "config.json").write_text(f'{{"space": {{"primitives": {names}}}}}'.replace("'", '"'))
    assert primitive_labels(read_runs([path]).searches[0]) == names


def test_alphas_that_fit_no_cell_are_refused():
    with pytest.raises(ValueError, match="13 rows fit no cell"):
        edge_labels(13)


@pytest.mark.parametrize(
    "plot",
    [heat_map, search_curves, lambda run: evolution(run, "normal")],
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
    assert heat_map(search) != heat_map(read_runs([other]).searches[0])


def test_curves_of_several_runs_hold_a_line_for_each(evaluate_run):
    paths = [evaluate_run(f"e{i}", 3.0, seed=i) for i in range(2)]
    runs = read_runs(paths).evaluates
    assert len(evaluate_curves(runs)) > len(evaluate_curves(runs[:1]))


def test_plots_leave_the_users_settings_alone(search):
    with matplotlib.rc_context({"font.size": 17.0}):
        search_curves(search)
        assert matplotlib.rcParams["font.size"] == 17.0
