"""Rows of the results table against numbers computed by hand."""

import dataclasses
import json
import math

import pytest

from dartsx.report import Cost, aggregate, best_label, read_runs, write_report
from dartsx.report.compare import compare_runs
from dartsx.report.sections import cost_text, own_grid, score_text


def rows_of(*paths):
    return aggregate(read_runs(paths).evaluates).rows


def test_mean_std_and_best_equal_the_hand_computation(search_run, evaluate_run):
    search = search_run("a")
    errors = (2.0, 3.0, 7.0)
    paths = [evaluate_run(f"b{i}", error, search=search, seed=i) for i, error in enumerate(errors)]
    (row,) = rows_of(*paths)
    assert (row.n, row.searches, row.mean, row.best) == (3, 1, 4.0, 2.0)
    assert row.std == pytest.approx(7**0.5, rel=1e-12)  # ((2-4)^2 + (3-4)^2 + (7-4)^2) / (3 - 1)
    assert row.best_label == "best of 3"
    assert (row.method, row.origin) == ("darts first_order", "searched here")


def test_single_run_has_no_standard_deviation(evaluate_run):
    (row,) = rows_of(evaluate_run("b", 3.25))
    assert (row.n, row.mean, row.std, row.best_label) == (1, 3.25, None, "best of 1")
    assert score_text(row.mean, row.std) == "3.25"


@pytest.mark.parametrize(
    ("task", "score", "good"),
    [("language", "test_perplexity", 90.0), ("super_resolution", "test_psnr", 30.0)],
)
def test_a_row_with_a_result_that_is_not_finite_is_last_without_a_mean(evaluate_run, tmp_path, task, score, good):
    def evaluated(name, value, genotype="NASNet-A", **run):
        path = evaluate_run(name, 0.0, genotype=genotype, task=task, **run)
        result = json.loads((path / "result.json").read_text())
        (path / "result.json").write_text(json.dumps({**result, score: value}))
        return path

    lost = [evaluated("a", 1000.0), evaluated("b", None, seed=1)]
    sound = evaluated("c", good, genotype="DARTS_V2")
    rows = rows_of(*lost, sound)
    assert [(row.n, row.mean, row.std) for row in rows[:1]] == [(1, good, None)]
    assert (rows[1].n, rows[1].best, rows[1].std) == (2, 1000.0, None) and not math.isfinite(rows[1].mean)
    assert [line[3:5] for line in own_grid(rows).lines][1] == ("not finite", "1000.00 (best of 2)")
    written = write_report([*lost, sound], tmp_path / "report")
    assert "not finite" in written.markdown.read_text() and "inf" not in written.table_csv.read_text()
    assert compare_runs(*lost).tables["Results"].lines[0][1:] == ("1,000.0000", "not finite", "-")


@pytest.mark.parametrize("n", [None, 0, -1, 2.0, True])
def test_best_without_a_number_of_runs_is_refused(n, evaluate_run):
    with pytest.raises(ValueError, match="number of runs"):
        best_label(n)
    (row,) = rows_of(evaluate_run("b", 3.25))
    with pytest.raises(ValueError, match="number of runs"):
        dataclasses.replace(row, n=n)


def test_baseline_and_searched_method_are_separate_rows_sorted_by_error(search_run, evaluate_run):
    searched = evaluate_run("b", 4.0, search=search_run("a"))
    rows = rows_of(searched, evaluate_run("nasnet", 3.0))
    assert [(row.method, row.origin) for row in rows] == [
        ("NASNet-A", "retrained here"),
        ("darts first_order", "searched here"),
    ]
    assert rows[0].cost is None and rows[0].searches == 0


def test_data_sets_are_never_mixed(evaluate_run):
    rows = rows_of(evaluate_run("a", 3.0), evaluate_run("b", 4.0, dataset="CIFAR-10"))
    assert [(row.dataset, row.n) for row in rows] == [("CIFAR-10", 1), ("digits", 1)]


def test_runs_with_other_settings_are_never_averaged_and_say_what_differs(evaluate_run):
    rows = rows_of(
        evaluate_run("a", 3.0, config={"model": {"channels": 16}}),
        evaluate_run("b", 4.0, config={"model": {"channels": 36}}, seed=1),
        evaluate_run("c", 5.0, config={"model": {"channels": 36}}, seed=2),
    )
    assert [(row.n, row.mean, row.setup) for row in rows] == [
        (1, 3.0, "model.channels=16"),
        (2, 4.5, "model.channels=36"),
    ]
    grid = own_grid(rows)
    assert grid.columns[-1] == "settings that differ"
    assert grid.lines[0][-1] == "model.channels=16"


def test_runs_of_other_precision_are_never_averaged_and_a_config_without_one_had_the_default(evaluate_run):
    configs = ({"precision": "highest"}, {"precision": "default"}, {})
    rows = rows_of(*(evaluate_run(f"e{i}", 3.0 + i, config=c, seed=i) for i, c in enumerate(configs)))
    assert [(row.n, row.mean, row.setup) for row in rows] == [
        (1, 3.0, "precision='highest'"),
        (2, 4.5, "precision='default'"),
    ]
    assert [line[-1] for line in own_grid(rows).lines] == ["precision='highest'", "precision='default'"]


def test_searches_of_other_precision_are_never_averaged(search_run, evaluate_run):
    searches = {name: search_run(name, seed=i) for i, name in enumerate(("default", "highest"))}
    for name, path in searches.items():
        (path / "config.json").write_text(json.dumps({"precision": name}))
    rows = rows_of(*(evaluate_run(f"of_{name}", 3.0, search=path) for name, path in searches.items()))
    assert [(row.n, row.setup) for row in rows] == [
        (1, "search.precision='default'"),
        (1, "search.precision='highest'"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"evaluate": {"chunk_steps": 22}}, {"evaluate": {"chunk_steps": 100}}),
        ({"evaluate": {"host_workers": 0}}, {"evaluate": {"host_workers": 4}}),
        ({"dataset": {"data_dir": "/x"}, "mesh": 1}, {"dataset": {"data_dir": "/y"}, "mesh": 8}),
    ],
)
def test_how_and_where_a_run_went_does_not_split_a_row(evaluate_run, one, other):
    rows = rows_of(evaluate_run("a", 3.0, config=one), evaluate_run("b", 4.0, config=other, seed=1))
    assert [(row.n, row.mean, row.setup) for row in rows] == [(2, 3.5, "")]


def test_how_the_searches_went_does_not_split_a_row(search_run, evaluate_run):
    searches = [search_run("a"), search_run("b", seed=1)]
    for path, steps in zip(searches, (22, 100), strict=True):
        config = {"method": "darts", "search": {"chunk_steps": steps}, "methods": {"gdas": {"temperature_end": steps}}}
        (path / "config.json").write_text(json.dumps(config))
    rows = rows_of(*(evaluate_run(f"e{i}", 3.0 + i, search=s, seed=i) for i, s in enumerate(searches)))
    assert [(row.n, row.searches, row.setup) for row in rows] == [(2, 2, "")]


def test_searches_with_other_settings_are_never_averaged(search_run, evaluate_run):
    short, long = search_run("short"), search_run("long", seed=1)
    (short / "config.json").write_text('{"epochs": 1}')
    rows = rows_of(evaluate_run("a", 3.0, search=short), evaluate_run("b", 4.0, search=long, seed=1))
    assert [(row.n, row.setup) for row in rows] == [(1, "search.epochs=1"), (1, "search.epochs=3")]


def test_repeat_of_the_same_seed_is_no_second_sample(evaluate_run):
    first, second = evaluate_run("a", 3.0, seed=5), evaluate_run("b", 4.0, seed=5)
    results = aggregate(read_runs([first, second]).evaluates)
    assert [(row.n, row.mean) for row in results.rows] == [(1, 3.0)]
    assert [item.path for item in results.excluded] == [second]
    assert "repeats" in results.excluded[0].reason and "seed 5" in results.excluded[0].reason


def test_same_seed_after_different_searches_is_two_samples(search_run, evaluate_run):
    searches = [search_run(f"s{i}", seed=i, seconds=60.0 + 60 * i) for i in range(2)]
    paths = [evaluate_run(f"e{i}", 3.0 + i, search=s) for i, s in enumerate(searches)]
    (row,) = rows_of(*paths)
    assert (row.n, row.searches, row.cost.seconds) == (2, 2, 90.0)
    assert own_grid([row]).lines[0][2] == "2 (2 searches)"


def test_params_are_exact_and_a_range_where_they_differ(evaluate_run):
    (row,) = rows_of(evaluate_run("a", 3.0, params=3_349_342), evaluate_run("b", 3.0, params=3_100_000, seed=1))
    assert row.params == (3_100_000, 3_349_342)
    columns = own_grid([row])
    cells = dict(zip(columns.columns, columns.lines[0], strict=True))
    assert cells["params"] == "3,100,000 to 3,349,342"
    assert cells["MACs"] == "5,000,000"


def test_unnamed_genotypes_are_told_apart(evaluate_run):
    paths = [evaluate_run("a", 3.0), evaluate_run("b", 4.0, genotype="DARTS_V1")]
    runs = [dataclasses.replace(run, genotype_name=None) for run in read_runs(paths).evaluates]
    rows = aggregate(runs).rows
    assert len({row.method for row in rows}) == 2
    assert all(row.method.startswith("genotype ") for row in rows)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (None, "-"),
        (Cost(1234.4, 0.0143, "cpu"), "1,234 s (cpu)"),
        (Cost(34560.0, 0.4, "NVIDIA H200"), "0.4 GPU days (NVIDIA H200)"),
        (Cost(34560.0, 1.6, "4 x TPU v4"), "1.6 TPU days (4 x TPU v4)"),
        (Cost(None, 0.25, None), "0.25 device days (device not known)"),
        (Cost(None, None, None), "not recorded (device not known)"),
        (Cost(50.0, None, "NVIDIA H200"), "50 s (NVIDIA H200)"),
    ],
)
def test_search_cost_names_unit_and_device(cost, expected):
    assert cost_text(cost) == expected
