"""Accuracy against multiply-adds: which points, which front, what the picture says."""

from xml.etree import ElementTree

import pytest

from dartsx.report import aggregate, own_points, pareto, published_points, published_results, read_runs, tradeoff
from dartsx.report.tradeoff import NAMED, OWN, PRINTED, QUOTED, WEIGHTS, Point


def test_published_points_are_the_checked_results_with_known_multiply_adds():
    points = published_points("imagenet", ["resnet50"])
    results = [r for r in published_results() if r.dataset == "ImageNet" and r.macs_m is not None]
    assert len(points) == len(results) > 50
    by_label = {point.label: point for point in points}
    assert by_label["resnet50"].kind == NAMED
    assert by_label["resnet50"].accuracy == pytest.approx(100 - 23.87)
    assert by_label["vgg16"].kind == WEIGHTS
    assert by_label["DARTS (2nd, CIFAR-10)"] == Point("DARTS (2nd, CIFAR-10)", 574.0, pytest.approx(73.3), PRINTED)
    assert by_label["FBNet-C"].kind == QUOTED
    # Never checked against a source, so never drawn.
    assert "ProxylessNAS-Mobile" not in by_label and "FairDARTS-D" not in by_label


def test_own_points_are_means_with_their_number_and_data(runs_folder):
    rows = aggregate(read_runs([runs_folder]).evaluates).rows
    points = own_points("cifar10", rows)
    assert [(p.label, p.macs_m, p.kind) for p in points] == [
        ("NASNet-A (n=1, CIFAR-10)", 5.0, OWN),
        ("darts first_order (n=2, CIFAR-10)", 5.0, OWN),
    ]
    assert [p.accuracy for p in points] == pytest.approx([96.8, 96.5])
    assert own_points("ImageNet", rows) == []


def test_the_front_holds_what_nothing_beats():
    a, b, c, d = (Point(*row, PRINTED) for row in (("a", 1, 70), ("b", 2, 69), ("c", 2, 75), ("d", 3, 75)))
    assert pareto([d, c, b, a]) == [a, c]


def test_the_picture_is_well_formed_and_repeatable():
    points = [*published_points("ImageNet", ["mobilenet_v2"]), Point("mine", 500.0, 74.0, OWN)]
    text = tradeoff("ImageNet", points)
    assert "mobilenet_v2" in text and "-  " not in text  # every point has its name or a number beside it
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert tradeoff("ImageNet", points) == text


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="nothing to draw: no result on mnist"):
        tradeoff("mnist", published_points("mnist"))
