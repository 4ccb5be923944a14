"""The benchmark of methods in NAS-Bench-201 as one command, at its smallest, and its parts."""

import csv
import itertools
import json

import numpy as np
import pytest

from dartsx.catalog import METHODS
from dartsx.experiments import jobs
from dartsx.experiments.benchmark import method_config, read_methods
from dartsx.experiments.jobs import benchmark
from dartsx.experiments.jobs.random_search import random_trajectory
from dartsx.experiments.jobs.trajectories import search_trajectory
from dartsx.experiments.settings import SettingsError, read_seeds
from dartsx.spaces import NB201, from_json, nb201, to_json
from dartsx.strategies import queries, random_search
from dartsx.tabular import load_nb201


def unknown(architectures, budget):
    """An objective that knows no score."""
    return [{} for _ in architectures]


NAMES = ("darts", "random search", "random search, shared weights")


@pytest.fixture(scope="module")
def table():
    return load_nb201()


@pytest.fixture(scope="module")
def done(python, compilation_cache, quick_flags, tmp_path_factory):
    """Process and folder of a benchmark of two searches of digits, two epochs each."""
    root = tmp_path_factory.mktemp("benchmark")
    process = python(
        "-m",
        "experiments.benchmark",
        "--methods=darts",
        "--seeds=1:2",
        f"--workdir={root}",
        compilation_cache,
        "--config=configs/nb201.py",
        "--config.dataset.name=digits",
        "--config.search.channels=2",
        "--config.search.layers=1",
        "--config.search.batch_size=16",
        "--config.search.train_fraction=0.05",
        "--config.search.epochs=2",
        "--config.search.diagnosis.every=0",
        XLA_FLAGS=quick_flags,
    )
    assert process.returncode == 0, process.stderr
    return process, root


def test_every_epochs_cell_is_looked_up(done, table):
    process, root = done
    with (root / "trajectories.csv").open() as file:
        rows = {(r["method"], r["epoch"], r["dataset"]): float(r["test_accuracy"]) for r in csv.DictReader(file)}
    assert {name for name, *_ in rows} == set(NAMES)
    for line in (root / "darts-1" / "genotypes.jsonl").read_text().splitlines():
        record = json.loads(line)
        cell = from_json(record["genotype"])
        for dataset, key in (("CIFAR-10", "cifar10"), ("ImageNet16-120", "in16")):
            wanted = table.accuracy(cell, key)
            assert rows["darts", str(record["epoch"]), dataset] == pytest.approx(wanted, abs=1e-4)
    assert len(rows) == len(NAMES) * 2 * 3


def test_the_table_says_n_best_optimum_and_expectation(done, table):
    process, root = done
    text = (root / "benchmark.md").read_text()
    assert text in process.stdout
    assert all(f"| {name} | 1 |" in text for name in NAMES) and "(best of 1)" in text
    assert "Optimum: CIFAR-10 94.37, CIFAR-100 73.51, ImageNet16-120 47.31." in text
    assert f"with 1 cell(s), chosen by validation accuracy after 12 epochs: {table.accuracies().mean():.2f}" in text
    assert (root / "trajectories.svg").read_text().startswith("<svg")
    assert "<svg" in (page := (root / "benchmark.html").read_text()) and "random search" in page


def test_one_search_that_fails_is_named_and_the_others_go_on(done, table, tmp_path, monkeypatch):
    _, root = done
    for name in ("darts-1", "random-search-shared-weights-1"):
        (tmp_path / name).symlink_to(root / name)

    def search(config, folder, *_):
        if folder.name == "gdas-1":
            raise FloatingPointError("loss is NaN")
        return True

    monkeypatch.setattr(jobs, "run_search", search)
    monkeypatch.setattr(benchmark, "run_sharing", search)
    given = ["program", "--config.dataset.name=digits", "--config.search.layers=1", "--config.search.epochs=2"]
    configs = {name: method_config(name, given) for name in ("gdas", "darts")}
    text = benchmark.run_benchmark(configs, [1], table, tmp_path)
    assert "Failed: gdas, gdas-1: FloatingPointError: loss is NaN" in text
    assert "| darts | 1 |" in text and "| gdas |" not in text


def test_seeds_are_one_program_where_they_follow_each_other_and_the_method_allows_it():
    def names(name, seeds):
        return [trial.name for trial in benchmark.planned({name: method_config(name, ["program"])}, seeds)]

    shared = ["random-search-shared-weights-0", "random-search-shared-weights-1"]
    assert names("darts@exact", [0, 1]) == ["darts@exact-seeds0-1", *shared]
    assert names("r_darts", [0, 1]) == ["r_darts-0", "r_darts-1", *shared]


def test_a_trajectory_goes_through_all_stages_and_ends_at_the_chosen_cell(table, tmp_path):
    def document(index):
        return to_json(nb201.cell_at(index))

    for part, cells in (("stage1", (1, 2)), ("stage2", (3,)), ("", (4, 5))):
        (tmp_path / part).mkdir(exist_ok=True)
        lines = [json.dumps({"epoch": e, "genotype": document(cell)}) for e, cell in enumerate(cells, 1)]
        (tmp_path / part / "genotypes.jsonl").write_text("\n".join(lines) + "\n")
    for name, content in (("genotype", document(6)), ("run", {"seed": 7}), ("result", {"seconds": 8.0})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    found = search_trajectory(table, tmp_path)
    assert found.accuracies["CIFAR-10"] == tuple(map(table.accuracy, (1, 2, 3, 4, 6)))
    assert (found.seed, found.seconds, found.cell) == (7, 8.0, nb201.strings()[6])


def test_cheap_figures_are_logged_every_epoch(done):
    _, root = done
    lines = (root / "darts-1" / "metrics.jsonl").read_text().splitlines()
    records = [record for record in map(json.loads, lines) if record["split"] == "diagnosis"]
    assert [record["epoch"] for record in records] == [1, 2]
    names = {f"entropy_normal_{edge:02}" for edge in range(6)} | {"skips_normal"}
    assert names | {"step", "epoch", "split"} == set(records[0])
    assert 0 <= records[1]["entropy_normal_00"] <= np.log(5) + 1e-6


def test_random_search_pays_for_its_cells(table):
    one = table.columns["flops_cifar10"].mean() * 25_000 * 12
    budgets = one * np.array([1e-6, 30, 30, 300])
    found = random_trajectory(table, 0, budgets)
    drawn = [query.architecture for query in itertools.islice(queries(random_search(), NB201, unknown, 0), 500)]
    order = np.array([nb201.index_of(cell) for cell in drawn])
    spent = np.cumsum(table.columns["flops_cifar10"][order] * 25_000 * 12)
    valid = table.accuracies(epochs=12, split="valid")[order]
    counts = [max(1, int((spent <= budget).sum())) for budget in budgets]
    wanted = [order[np.argmax(valid[:count])] for count in counts]
    assert counts[0] == 1 and counts[1] > 20 and 250 < counts[3] < 400
    assert found.accuracies["CIFAR-10"] == tuple(table.accuracies()[wanted])
    assert found.cell == nb201.strings()[wanted[-1]]


def test_seeds_and_methods():
    assert read_seeds("0:3") == [0, 1, 2] and read_seeds("0,5") == [0, 5]
    for wrong in ("3:3", "a", "0,0", "", "-1:2"):
        with pytest.raises(SettingsError, match="must be first:end, such as 0:3"):
            read_seeds(wrong)
    assert read_methods(["darts@exact", "gdas", "gdas"]) == ("darts@exact", "gdas")
    assert read_methods(["all", "darts@exact"]) == (*(name for name in METHODS if name != "ofa"), "darts@exact")
    config = method_config("darts@exact", ["program", "--config.search.epochs=3", "--seeds=0:1"])
    assert (config.method, config.hypergradient, config.search.epochs) == ("darts", "exact", 3)
    assert config.space.name == "nb201"
    wrongs = {
        "darts@": "config.hypergradient=''",
        "dart": "config.method='dart': .*darts",
        "darts@second": "config.hypergradient='second'",
    }
    for wrong, message in wrongs.items():
        with pytest.raises(SettingsError, match=message):
            method_config(wrong, ["program"])


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("darts@exact", "--config.method=gdas", "config.method='gdas': --methods=darts@exact searches by darts"),
        ("darts", "--config.hypergradient=exact", "config.hypergradient='exact': --methods=darts searches by first_o"),
        ("darts@exact", "--config.hypergradient=unrolled", "='unrolled': --methods=darts@exact searches by exact"),
        ("darts", "--config=nb201:drnas", "config=nb201:drnas: methods are named by --methods; write --config=nb201$"),
        ("darts", "--config.seed=7", "config.seed: the benchmark sets it by --seeds"),
        ("darts", "--config.population=2", "config.population: the benchmark sets it by --seeds"),
    ],
)
def test_no_row_runs_another_method_or_other_seeds_than_it_names(name, given, message):
    with pytest.raises(SettingsError, match=message):
        method_config(name, ["program", given])
