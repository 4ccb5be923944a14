"""Searches of several methods and seeds in NAS-Bench-201, looked up in its table, beside random search."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping, Sequence

import jax
from ml_collections import ConfigDict

from dartsx.catalog import SEARCHED
from dartsx.experiments.jobs.random_search import TRAINING_EPOCHS, random_trajectory, search_costs, training_costs
from dartsx.experiments.jobs.search import check_plan, run_one_search
from dartsx.experiments.jobs.trajectories import DATASETS, search_trajectory
from dartsx.experiments.settings import SearchSettings, SettingsError, search_settings
from dartsx.experiments.trials import Here, Ledger, Listed, Trial, drive, folders, trials_of
from dartsx.experiments.trials.board import Board
from dartsx.report.benchmark import FALL, Trajectory, csv_rows, summary, trajectories_plot
from dartsx.report.chapters import Chapter, Picture, page_of
from dartsx.report.tables import markdown_table
from dartsx.spaces import NB201
from dartsx.strategies.random_sharing import sharing_weights
from dartsx.tabular import NB201Table, expected_best

PUBLISHED = (
    "Published means on CIFAR-10, at full size: DARTS 54.30 and GDAS 93.61 (arXiv:2001.00326), DrNAS 94.36 "
    "(arXiv:2006.10355)."
)
SHARING = "dartsx.experiments.jobs.benchmark:run_sharing"
UNBOUND = "The searches by methods are bound to a cost; neither random search is."
RANDOM, SHARED = "random search", "random search, shared weights"


def run_benchmark(
    configs: Mapping[str, ConfigDict], seeds: Sequence[int], table: NB201Table, workdir: str | os.PathLike
) -> str | None:
    """Runs or resumes all searches, and writes benchmark.md, benchmark.html and trajectories.* after each.

    Searches of seeds that follow each other are one population where the method allows it. One that fails is named
    under the table; the others go on.

    Args:
      configs: name of the method -> config; all with the space nb201 and of the same size.
      seeds: seeds of the searches; they replace ``config.seed``.
      table: table of NAS-Bench-201.
      workdir: gets a folder for every search or population.

    Returns:
      The table as Markdown, or None if a signal stopped a search (the same call resumes it).

    Raises:
      SettingsError: a config is wrong or searches another space.
      WorkdirError: a folder holds another run.
    """
    workdir, text = pathlib.Path(workdir), None
    for config in configs.values():
        _check(search_settings(config))
    first = next(iter(configs.values()))
    trials = planned(configs, seeds)
    methods: dict[str, list[Trajectory]] = {}
    failures: list[str] = []
    workdir.mkdir(parents=True, exist_ok=True)
    score = SEARCHED["classification"].name
    board = Board(workdir, len(trials), score, terminal=False)  # the searches, here, have bars of their own
    with Ledger(workdir, score) as ledger:
        for result in drive(Listed(trials), Here(workdir), ledger, watcher=board):
            if result.status == "stopped":
                return None
            name = result.trial.setting["method"]
            if result.status == "failed":
                failures.append(f"{name}, {result.trial.name}: {result.problem}")
            found = [f for f in folders(result.trial, result.folder) if (f / "genotype.json").is_file()]
            methods.setdefault(name, []).extend(search_trajectory(table, folder) for folder in found)
            text = _write(workdir, methods, failures, seeds, table, first)
            jax.clear_caches()  # no other run shares its programs
    return text


def planned(configs: Mapping[str, ConfigDict], seeds: Sequence[int]) -> list[Trial]:
    """The searches of all methods, and random search with weight sharing at the size of the first."""
    first = next(iter(configs.values()))
    searches = [
        trial
        for name, config in configs.items()
        for trial in trials_of(name, "search", config, seeds, {"method": name})
    ]
    return searches + trials_of(SHARED.replace(", ", "-").replace(" ", "-"), SHARING, first, seeds, {"method": SHARED})


def run_sharing(config: ConfigDict, folder: pathlib.Path, pause_after: int | None = None) -> bool:
    """A `Job`: random search with weight sharing."""
    return run_one_search(config, folder, pause_after, sharing_weights)


def _write(workdir, methods, failures, seeds, table: NB201Table, first: ConfigDict) -> str:
    """The table of the methods so far, beside random search at the cost of the first one."""
    costs = search_costs(search_settings(first))
    methods = {name: runs for name, runs in methods.items() if runs}
    methods[RANDOM] = [random_trajectory(table, seed, costs) for seed in seeds]
    share = costs[-1] / training_costs(table).mean()
    draws = max(1, round(share))
    valid = table.accuracies(epochs=TRAINING_EPOCHS, split="valid")
    expected = {n: expected_best(valid, table.accuracies(), n) for n in sorted({1, draws})}
    optimum = {name: table.best(key)[1] for name, key in DATASETS.items()}
    table_of_methods = summary(methods, tuple(DATASETS))
    notes = [
        f"Fell: searches whose cells stay, from that epoch on, more than {FALL:g} points below their best before.",
        f"Optimum: {', '.join(f'{name} {value:.2f}' for name, value in optimum.items())}.",
        *(
            f"Expected of random search with {n} cell(s), chosen by validation accuracy after 12 epochs: {value:.2f}."
            for n, value in expected.items()
        ),
        f"A search's multiply-adds are those of training {share:.3g} cells of the table for 12 epochs.",
        *([UNBOUND] if search_settings(first).search.cost.kind else []),
        PUBLISHED,
        *(f"Failed: {failure}" for failure in failures),
    ]
    text = "\n\n".join([markdown_table(table_of_methods), *notes]) + "\n"
    levels = {"optimum": optimum["CIFAR-10"], f"random search, expected of {draws}": expected[draws]}
    plot = trajectories_plot(methods, "CIFAR-10", levels)
    caption = "Test accuracy of the cell derived after each epoch"
    chapters = [
        Chapter("Methods", (), None, (Picture("trajectories", caption, plot),), table_of_methods, " ".join(notes))
    ]
    files = {
        "benchmark.md": text,
        "benchmark.html": page_of("Searches in NAS-Bench-201", chapters),
        "trajectories.csv": csv_rows(methods),
        "trajectories.svg": plot,
    }
    for name, content in files.items():
        (workdir / name).write_text(content, encoding="utf-8")
    return text


def _check(settings: SearchSettings) -> None:
    if settings.space is not NB201:
        problem = "the benchmark looks cells of NAS-Bench-201 up; needs --config.space.name=nb201"
        raise SettingsError(problem, "space.name")
    check_plan(settings)
