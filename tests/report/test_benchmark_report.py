"""The table and the plot of a benchmark, from plain numbers."""

from xml.etree import ElementTree

import pytest

from dartsx.report.benchmark import Trajectory, csv_rows, summary, trajectories_plot

RUNS = {
    "darts": [
        Trajectory({"CIFAR-10": (90.0, 54.0), "CIFAR-100": (60.0, 15.0)}, 6, "|skip_connect~0|", 10.0),
        Trajectory({"CIFAR-10": (91.0, 56.0), "CIFAR-100": (61.0, 16.0)}, 5, "|skip_connect~0|", 20.0),
    ],
    "random search": [
        Trajectory({"CIFAR-10": (80.0, 94.0), "CIFAR-100": (50.0, 73.0)}, 1, "|none~0|"),
        Trajectory({"CIFAR-10": (80.0, 92.0), "CIFAR-100": (50.0, 71.0)}, 0, "|none~0|"),
    ],
}


def test_rows_state_mean_std_n_and_what_the_best_is_the_best_of():
    grid = summary(RUNS, ("CIFAR-10", "CIFAR-100"))
    assert grid.columns == ("method", "n", "CIFAR-10 (%)", "CIFAR-100 (%)", "best, CIFAR-10", "skips", "seconds")
    lines = [tuple(cell.replace("\N{PLUS-MINUS SIGN}", "+-") for cell in line) for line in grid.lines]
    assert lines == [
        ("darts", "2", "55.00 +- 1.41", "15.50 +- 0.71", "56.00 (best of 2)", "5.5", "15"),
        ("random search", "2", "93.00 +- 1.41", "72.00 +- 1.41", "94.00 (best of 2)", "0.5", "-"),
    ]
    single = summary({"darts": RUNS["darts"][:1]}, ("CIFAR-10",))
    assert single.lines[0][2] == "54.00"


def test_every_value_is_in_the_csv():
    lines = csv_rows(RUNS, [3, 4]).splitlines()
    assert len(lines) == 1 + 2 * 2 * 2 * 2
    assert '"darts",4,2,CIFAR-100,16.0000' in lines


@pytest.mark.parametrize("dataset", ["CIFAR-10", "CIFAR-100"])
def test_the_plot_names_methods_and_levels(dataset):
    svg = trajectories_plot(RUNS, dataset, {"optimum": 94.37})
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    drawn = {e.text.strip() for e in ElementTree.fromstring(svg, parser).iter() if callable(e.tag)}
    assert {"darts (n = 2)", "random search (n = 2)", "optimum"} <= drawn
    assert svg == trajectories_plot(RUNS, dataset, {"optimum": 94.37})
