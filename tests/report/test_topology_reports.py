"""Reports of searches in a space of topologies, and of their diagnosis."""

import json
from xml.etree import ElementTree

import pytest

from dartsx.report import RunError, read_run, write_report
from dartsx.report.diagnosis import diagnosis_plot
from dartsx.report.heat_map import heat_map
from dartsx.report.plots import evolution
from dartsx.spaces import nb201, to_json

LIGHT = {"entropy_normal_00": 1.5, "entropy_normal_01": 1.25, "skips_normal": 4}
HEAVY = {"eigenvalue": -0.5, "hypergradient_cosine": 0.9, "accuracy_mixed": 0.5, "accuracy_derived": 0.25}


@pytest.fixture
def run(search_run):
    """A search of NAS-Bench-201 with three epochs, the last of them diagnosed in full."""
    path = search_run("topology", dataset="cifar10")
    (path / "genotype.json").write_text(json.dumps(to_json(nb201.cell_at(6111))))
    (path / "config.json").write_text(json.dumps({"space": {"name": "nb201", "primitives": ["none"] * 8}}))
    rows = [{"epoch": e, "normal": [[0.1 * e * column for column in range(5)]] * 6} for e in (1, 2, 3)]
    (path / "alphas.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (path / "metrics.jsonl").open("a") as file:
        for e in (1, 2, 3):
            figures = LIGHT | (HEAVY if e == 3 else {})
            file.write(json.dumps({"step": 10 * e, "epoch": e, "split": "diagnosis", **figures}) + "\n")
    return path


def text(svg):
    return {word.strip() for word in ElementTree.fromstring(svg).itertext()}


def test_its_plots_have_six_edges_and_the_primitives_of_the_space(run):
    search = read_run(run)
    group = search.groups[0]
    assert {"0 to 1", "2 to 3", "nor_conv_3x3"} <= text(heat_map(group, group.weights[-1], {}, "cell"))
    assert "cell: weights by epoch" in text(evolution(search, search.groups[0]))


def test_a_report_shows_its_string_and_diagnosis(run, tmp_path):
    paths = write_report([run], tmp_path / "report")
    assert nb201.strings()[6111] in paths.markdown.read_text()
    names = {path.stem for path in paths.figures}
    drawn = {"search1_normal", "search1_mixtures_normal", "search1_evolution_normal"}
    assert names == {*drawn, "search1_curves", "search1_diagnosis"}


def test_the_diagnosis_is_read_and_drawn(run):
    search = read_run(run)
    values = {(metric.epoch, metric.name): metric.value for metric in search.diagnosis}
    assert len(values) == 3 * len(LIGHT) + len(HEAVY) and values[3, "eigenvalue"] == -0.5
    drawn = text(diagnosis_plot(search))
    assert {"entropy of every decision (nats)", "dominant eigenvalue in alpha", "derived cell"} <= drawn


def test_alphas_of_another_graph_are_refused(run):
    (run / "alphas.jsonl").write_text(json.dumps({"epoch": 1, "normal": [[0.0] * 5] * 5}) + "\n")
    with pytest.raises(RunError, match="5 rows; the topology has 6 edges"):
        read_run(run)
