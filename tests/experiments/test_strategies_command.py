"""The simulation of strategies as one command, and its parts."""

import csv
import json

import numpy as np
import pytest

from dartsx.experiments.jobs.simulation import OPTIONS, simulate
from dartsx.experiments.jobs.simulation_rows import notes, text_of
from dartsx.experiments.jobs.tabulated import Setting, table_path, tabulated
from dartsx.experiments.settings import SettingsError
from dartsx.experiments.settings.strategies import read_options, read_queries, read_strategies
from dartsx.objectives import Measure
from dartsx.strategies.queries import Query
from dartsx.strategies.simulation import figures, hypervolumes, incumbents
from dartsx.tabular import TableError

GOOD = Measure("good", "", larger_is_better=True)


def test_one_command_prints_rows_and_writes_curves(python, tmp_path):
    process = python(
        "-m",
        "experiments.strategies",
        "--strategies=random,nsga2",
        "--table=nb201.csv.xz",
        "--queries=5,12",
        "--seeds=0:3",
        "--second=macs",
        "--format=json",
        f"--workdir={tmp_path}",
    )
    assert process.returncode == 0, process.stderr
    rows = json.loads(process.stdout)
    assert [(row["strategy"], row["queries"], row["n"]) for row in rows] == [
        (name, queries, 3) for name in ("random", "nsga2") for queries in (5, 12)
    ]
    assert json.loads((tmp_path / "strategies.json").read_text()) == rows
    with (tmp_path / "accuracy.csv").open() as file:
        curves = {(row["strategy"], int(row["queries"])): float(row["mean"]) for row in csv.DictReader(file)}
    assert len(curves) == 2 * 12
    for row in rows:
        assert curves[row["strategy"], row["queries"]] == pytest.approx(row["mean"], abs=1e-4)
        assert 0 < row["hypervolume"] < 1
    assert all((tmp_path / f"{name}.svg").read_text().startswith("<svg") for name in ("accuracy", "hypervolume"))
    page = (tmp_path / "strategies.html").read_text()
    assert all(f'aria-label="{name} by queries"' in page for name in ("accuracy", "hypervolume"))


def test_figures_agree_with_an_independent_simulation():
    """Within 0.06 of its means at 100 and 200 queries, beside two standard errors of both simulations."""
    wanted = {"random": (93.76, 93.91), "evolution": (93.94, 94.14), "local": (93.94, 94.13)}
    found = simulate({name: OPTIONS.get(name, {}) for name in wanted}, Setting("", "cifar10", "", 200), range(60), 1)
    for name, (at_100, at_200) in wanted.items():
        for queries, mean in ((100, at_100), (200, at_200)):
            got = figures(found[name].accuracy, queries)
            assert got.n == 60 and abs(got.mean - mean) < 0.06 + 2 * (got.std / np.sqrt(60) + 0.02)


def test_processes_change_nothing():
    setting = Setting("", "cifar100", "params", 4)
    one, two = (simulate({"random": {}}, setting, range(30), processes)["random"] for processes in (1, 2))
    assert np.array_equal(one.accuracy, two.accuracy) and np.array_equal(one.volume, two.volume)
    assert one.accuracy.shape == (30, 4)


def test_the_best_so_far_is_reported_after_each_query():
    scores = [{}, {"good": 1.0}, {"good": 3.0}, {"good": 2.0}, {"good": 3.0}, {"good": 4.0}]
    done = [Query(number, score) for number, score in enumerate(scores)]
    found = incumbents(done, GOOD, lambda chosen: [10.0 * number for number in chosen])
    assert np.isnan(found[0]) and found[1:].tolist() == [10, 20, 20, 20, 50]


def test_dominated_shares_grow_to_the_box():
    utilities = np.array([[0.0, 1.0], [1.0, 3.0], [np.nan, 3.0], [2.0, 2.0], [2.0, 3.0]])
    found = hypervolumes(utilities, np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    assert found.tolist() == [0, 0.5, 0.5, 0.75, 1]


def test_a_table_that_ships_is_found_by_its_name(tmp_path):
    assert table_path("") == "" and table_path("no/such/nb201.csv.xz").endswith("data/nb201.csv.xz")
    (tmp_path / "mine.csv").touch()
    assert table_path(str(tmp_path / "mine.csv")) == str(tmp_path / "mine.csv")
    with pytest.raises(TableError, match="no table at mine.csv"):
        table_path("mine.csv")


def test_a_second_number_comes_from_the_table_or_a_file(tmp_path):
    (tmp_path / "latency.csv").write_text("arch_index,phone_ms\n7,2.5\n")
    setting = Setting("", "cifar10", f"{tmp_path}/latency.csv:phone_ms", 4)
    _, second = tabulated(setting).goals
    assert second == Measure("phone_ms", "ms", larger_is_better=False)
    with pytest.raises(TableError, match="unknown second number 'mac'.*or FILE:COLUMN"):
        tabulated(Setting("", "cifar10", "mac", 4))
    assert "reference point (valid_accuracy" in notes(setting) and "phone_ms 2.5)" in notes(setting)


def test_nas_bench_macro_is_searched_by_its_one_number():
    found = simulate({"evolution": OPTIONS["evolution"]}, Setting("", "cifar10", "macs", 60, "nb_macro"), range(3), 1)
    curves = found["evolution"]
    assert (np.diff(curves.accuracy) >= 0).all() and 90 < curves.accuracy[:, -1].min() <= 93.13
    assert (np.diff(curves.volume) >= 0).all() and 0 < curves.volume[:, -1].min() < 1
    with pytest.raises(TableError, match="no data set 'in16' in NAS-Bench-Macro; allowed: cifar10"):
        tabulated(Setting("", "in16", "", 4, "nb_macro"))


def test_wrong_flags_are_named():
    assert read_strategies(["all", "random"])[:2] == ["random", "local"]
    assert read_options(["evolution"], "evolution.sample = 2; evolution.repeats=True", OPTIONS) == {
        "evolution": {"population": 10, "sample": 2, "repeats": True}
    }
    with pytest.raises(SettingsError, match="--strategies: unknown strategy 'evolve'; allowed: random, local"):
        read_strategies(["evolve"])
    with pytest.raises(SettingsError, match="--queries=0: must be numbers above 0"):
        read_queries(["0"])
    for text, message in {
        "local.x=1": "'local.x=1' is not STRATEGY.OPTION=VALUE of evolution",
        "evolution.sample=few": "'few' is no number, true or false",
        "evolution.sample=0": "option sample=0 of evolution must be 1 or more",
        "evolution.size=3": "evolution has no option 'size'",
    }.items():
        with pytest.raises(SettingsError, match=message):
            read_options(["evolution"], text, OPTIONS)


def test_rows_are_shown_as_a_table():
    rows = [{"strategy": "random", "queries": 100, "mean": 93.7554, "std": 0.3, "n": 3}]
    assert "random    100      93.755  0.300  3" in text_of(rows, "table")
    assert "| random | 100 | 93.755 | 0.300 | 3 |" in text_of(rows, "markdown")


def test_one_search_has_no_deviation():
    alone = figures(np.array([[93.1, 93.2]]), 2)
    assert alone == (93.2, None, 1)
    rows = [{"strategy": "random", "queries": 2, **alone._asdict()}]
    assert "| random | 2 | 93.200 | - | 1 |" in text_of(rows, "markdown")
    assert json.loads(text_of(rows, "json"))[0]["std"] is None
