"""The table and the plot of a benchmark, from plain numbers."""

from xml.etree import ElementTree

import pytest

from dartsx.report.benchmark import Trajectory, csv_rows, fell, summary, trajectories_plot

RUNS = {
    "darts": [
        Trajectory(3, {"CIFAR-10": (90.0, 54.0), "CIFAR-100": (60.0, 15.0)}, (2, 6), "|skip_connect~0|", 10.0),
        Trajectory(4, {"CIFAR-10": (91.0, 88.0), "CIFAR-100": (61.0, 16.0)}, (1, 5), "|skip_connect~0|", 20.0),
    ],
    "random search": [
        Trajectory(3, {"CIFAR-10": (80.0, 94.0), "CIFAR-100": (50.0, 73.0)}, (0, 1), "|none~0|"),
        Trajectory(4, {"CIFAR-10": (80.0,), "CIFAR-100": (50.0,)}, (0,), "|none~0|"),
    ],
}


def test_rows_state_mean_std_n_and_what_the_best_is_the_best_of():
    grid = summary(RUNS, ("CIFAR-10", "CIFAR-100"))
    scores = ("CIFAR-10 (%)", "CIFAR-100 (%)", "best, CIFAR-10", "best mean (epoch)", "fell (epochs)")
    assert grid.columns == ("method", "n", *scores, "skips", "seconds")
    lines = [" | ".join(line).replace("\N{PLUS-MINUS SIGN}", "+-") for line in grid.lines]
    assert lines == [
        "darts | 2 | 71.00 +- 24.04 | 15.50 +- 0.71 | 88.00 (best of 2) | 90.50 (1) | 1 of 2 (2) | 5.5 | 15",
        "random search | 2 | 87.00 +- 9.90 | 61.50 +- 16.26 | 94.00 (best of 2) | 87.00 (2) | 0 of 2 | 0.5 | -",
    ]
    single = summary({"darts": RUNS["darts"][:1]}, ("CIFAR-10",))
    assert single.lines[0][2] == "54.00"


@pytest.mark.parametrize(
    ("accuracies", "epoch"),
    [
        ((90, 91, 60, 92, 85), 5),
        ((90, 60, 70, 84), 2),
        ((60, 90, 85), None),
        ((90, 50, 86), None),
        ((50,), None),
    ],
)
def test_a_search_fell_where_its_cells_stay_far_below_the_best_before(accuracies, epoch):
    assert fell(accuracies) == epoch


def test_every_value_is_in_the_csv():
    lines = csv_rows(RUNS).splitlines()
    assert len(lines) == 1 + 2 * (2 + 2 + 2 + 1)
    assert '"darts",4,2,CIFAR-100,16.0000,5' in lines


@pytest.mark.parametrize("dataset", ["CIFAR-10", "CIFAR-100"])
def test_the_plot_names_methods_and_levels(dataset):
    svg = trajectories_plot(RUNS, dataset, {"optimum": 94.37})
    drawn = {word.strip() for word in ElementTree.fromstring(svg).itertext()}
    assert {"darts (n = 2)", "random search (n = 2)"} <= drawn
    assert any("optimum 94.37" in text for text in drawn)
    assert svg == trajectories_plot(RUNS, dataset, {"optimum": 94.37})
