"""Published results: what ships, what must not, and how a data set's label selects them."""

import csv

import pytest

from dartsx.report import cite, published_results


def reference_rows(reference_dir):
    with open(reference_dir / "published_results.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_unchecked_figures_do_not_ship(reference_dir):
    rows = reference_rows(reference_dir)
    unchecked = {(r["method"], r["dataset"]) for r in rows if r["confidence"] == "from-memory"}
    assert unchecked
    shipped = {(result.method, result.dataset) for result in published_results()}
    assert not shipped & unchecked
    assert {r.confidence for r in published_results()} == {"verified-in-file", "second-hand"}


def test_checked_figures_ship_with_the_errors_of_the_reference(reference_dir):
    checked = {
        (row["method"], row["dataset"], float(row["test_error_pct"]), row["std"])
        for row in reference_rows(reference_dir)
        if row["confidence"] != "from-memory"
    }
    shipped = {(r.method, r.dataset, r.test_error, "" if r.std is None else f"{r.std:g}") for r in published_results()}
    assert {key[:3] for key in shipped} == {key[:3] for key in checked}
    assert {(k[0], k[1], float(k[3])) for k in shipped if k[3]} == {(k[0], k[1], float(k[3])) for k in checked if k[3]}


def test_second_hand_rows_of_the_reference_are_marked(reference_dir):
    marks = {(r.method, r.dataset): r.mark for r in published_results()}
    for row in reference_rows(reference_dir):
        if row["confidence"] == "second-hand":
            assert marks[row["method"], row["dataset"]] == "published, second-hand"


def test_every_row_has_a_source_and_is_marked_as_published():
    for result in published_results():
        assert result.source and result.mark.startswith("published")
        assert "memory" not in result.source + result.note


def test_known_row_is_read_field_by_field():
    (row,) = [r for r in cite("CIFAR-10").results if r.method == "DARTS (second order) + cutout"]
    assert (row.test_error, row.std, row.params_m, row.gpu_days) == (2.76, 0.09, 3.3, 4.0)
    assert row.macs_m is None and row.top5_error is None
    assert row.source == "DARTS arXiv:1806.09055 Table 1"


@pytest.mark.parametrize("label", ["CIFAR-10", "cifar10"])
def test_label_of_a_data_set_selects_its_rows_only(label):
    citations = cite(label)
    assert citations.results and {r.dataset for r in citations.results} == {"CIFAR-10"}
    assert "differ" not in citations.note


def test_jpeg_copies_cite_the_original_with_a_note_that_pixels_differ():
    citations = cite("CIFAR-10 (JPEG)")
    assert citations.results == cite("CIFAR-10").results
    assert "lossy copies have other pixels than CIFAR-10" in citations.note


def test_data_set_without_published_results_says_so():
    citations = cite("digits")
    assert citations.results == ()
    assert "No published results for digits" in citations.note
