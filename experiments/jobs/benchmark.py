"""Searches of several methods and seeds in NAS-Bench-201, looked up in its table, beside random search."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
from ml_collections import ConfigDict

from dartsx.catalog import acts_alone
from dartsx.report.benchmark import FALL, Trajectory, csv_rows, summary, trajectories_plot
from dartsx.report.tables import markdown_table
from dartsx.search import Plan, search_problem
from dartsx.spaces import NB201
from dartsx.strategies.random_sharing import sharing_weights
from dartsx.tabular import NB201Table, expected_best
from experiments.jobs.population import run_search
from experiments.jobs.random_search import TRAINING_EPOCHS, random_trajectory, search_costs, training_costs
from experiments.jobs.search import blaming_fields, plan_of, run_one_search
from experiments.jobs.trajectories import DATASETS, search_trajectory
from experiments.settings import SearchSettings, SettingsError, search_settings
from experiments.trials import Trial, run_local

PUBLISHED = (
    "Published means on CIFAR-10, at full size: DARTS 54.30 and GDAS 93.61 (arXiv:2001.00326), DrNAS 94.36 "
    "(arXiv:2006.10355)."
)
RANDOM, SHARED = "random search", "random search, shared weights"


class Run(NamedTuple):
    """One trial of the benchmark: a search, or those of all seeds together.

    Attributes:
      method: its row of the table.
      trial: what is run.
      folders: folders of its searches.
    """

    method: str
    trial: Trial
    folders: tuple[pathlib.Path, ...]


def run_benchmark(
    configs: Mapping[str, ConfigDict], seeds: Sequence[int], table: NB201Table, workdir: str | os.PathLike
) -> str | None:
    """Runs or resumes all searches, and writes benchmark.md, trajectories.csv and trajectories.svg after each of them.

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
    runs = [run for name, config in configs.items() for run in runs_of(name, config, seeds, workdir)]
    runs += [_single(SHARED, first, seed, workdir, sharing_weights) for seed in seeds]
    methods: dict[str, list[Trajectory]] = {}
    failures: list[str] = []
    for run, result in zip(runs, run_local((run.trial for run in runs), workdir), strict=True):
        if result.status == "stopped":
            return None
        if result.status == "failed":
            failures.append(f"{run.method}, {run.trial.name}: {result.problem}")
        finished = [folder for folder in run.folders if (folder / "genotype.json").is_file()]
        methods.setdefault(run.method, []).extend(search_trajectory(table, folder) for folder in finished)
        text = _write(workdir, methods, failures, seeds, table, first)
        jax.clear_caches()  # no other run shares its programs
    return text


def runs_of(method: str, config: ConfigDict, seeds: Sequence[int], workdir: pathlib.Path) -> list[Run]:
    """A method's runs: one population of seeds that follow each other, or a search for each seed."""
    following = list(seeds) == list(range(seeds[0], seeds[0] + len(seeds)))
    if len(seeds) == 1 or not following or acts_alone(config.method.split("+")):
        return [_single(method, config, seed, workdir) for seed in seeds]
    folder = workdir / _folder_name(method)
    config = _changed(config, seed=seeds[0], population=len(seeds))
    members = tuple(folder / f"member{i}" for i in range(len(seeds)))
    return [Run(method, Trial(folder.name, run_search, config), members)]


def _single(method: str, config: ConfigDict, seed: int, workdir: pathlib.Path, *change: Callable[[Plan], Plan]) -> Run:
    def run(config: ConfigDict, folder: pathlib.Path) -> bool:
        return run_one_search(config, folder, *change)

    trial = Trial(f"{_folder_name(method)}-{seed}", run, _changed(config, seed=seed))
    return Run(method, trial, (workdir / trial.name,))


def _changed(config: ConfigDict, **fields: int) -> ConfigDict:
    config = config.copy_and_resolve_references()
    config.update(fields)
    return config


def _folder_name(method: str) -> str:
    return method.replace(", ", "-").replace(" ", "-")


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
    lines = [
        markdown_table(summary(methods, tuple(DATASETS))),
        f"Fell: searches whose cells stay, from that epoch on, more than {FALL:g} points below their best before.",
        f"Optimum: {', '.join(f'{name} {value:.2f}' for name, value in optimum.items())}.",
        *(
            f"Expected of random search with {n} cell(s), chosen by validation accuracy after 12 epochs: {value:.2f}."
            for n, value in expected.items()
        ),
        f"A search's multiply-adds are those of training {share:.3g} cells of the table for 12 epochs.",
        PUBLISHED,
        *(f"Failed: {failure}" for failure in failures),
    ]
    text = "\n\n".join(lines) + "\n"
    levels = {"optimum": optimum["CIFAR-10"], f"random search, expected of {draws}": expected[draws]}
    files = {
        "benchmark.md": text,
        "trajectories.csv": csv_rows(methods),
        "trajectories.svg": trajectories_plot(methods, "CIFAR-10", levels),
    }
    for name, content in files.items():
        (workdir / name).write_text(content, encoding="utf-8")
    return text


def _check(settings: SearchSettings) -> None:
    if settings.space is not NB201:
        problem = "the benchmark looks cells of NAS-Bench-201 up; needs --config.space.name=nb201"
        raise SettingsError(problem, "space.name")
    # Names what does not fit, before the first search.
    with blaming_fields():
        search_problem(plan_of(settings, classes=10), steps=1, image_shape=(32, 32, 3))
