"""Searches of several methods and seeds in NAS-Bench-201, looked up in its table, beside random search."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from ml_collections import ConfigDict

from dartsx.cost import staged_supernet_cost
from dartsx.data import steps_per_epoch
from dartsx.report.benchmark import Trajectory, csv_rows, summary, trajectories_plot
from dartsx.report.tables import markdown_table
from dartsx.runtime import read_json, read_records
from dartsx.search import skip_counts
from dartsx.spaces import NB201, from_json, nb201
from dartsx.tabular import NB201Table, expected_best
from experiments.jobs import feed
from experiments.jobs.random_sharing import RandomSharingJob
from experiments.jobs.search import SearchJob, run_one_search, search_problem
from experiments.jobs.setup import load_checked
from experiments.settings import SearchSettings, SettingsError, search_settings

DATASETS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "in16"}
TRAINING_IMAGES, TRAINING_EPOCHS = 25_000, 12  # of the table's validation accuracies
PUBLISHED = (
    "Published means on CIFAR-10, at full size: DARTS 54.30 and GDAS 93.61 (arXiv:2001.00326), DrNAS 94.36 "
    "(arXiv:2006.10355)."
)
RANDOM, SHARED = "random search", "random search, shared weights"


def run_benchmark(
    configs: Mapping[str, ConfigDict], seeds: Sequence[int], table: NB201Table, workdir: str | os.PathLike
) -> str | None:
    """Runs or resumes all searches, and writes benchmark.md, trajectories.csv and trajectories.svg.

    Args:
      configs: by name of the method; all with the space nb201 and of the same size.
      seeds: of the searches; they replace ``config.seed``.
      table: of NAS-Bench-201.
      workdir: gets a folder for every search.

    Returns:
      The table as Markdown, or None if a signal stopped a search (the same call resumes it).

    Raises:
      SettingsError: a config is wrong or searches another space.
    """
    workdir, methods = pathlib.Path(workdir), {}
    for config in configs.values():
        _check(search_settings(config))
    jobs: dict[str, tuple[ConfigDict, Callable]] = {name: (config, SearchJob) for name, config in configs.items()}
    first = next(iter(configs.values()))
    jobs[SHARED] = first, RandomSharingJob
    for name, (config, job) in jobs.items():
        for seed in seeds:
            config = config.copy_and_resolve_references()
            config.seed = seed
            folder = workdir / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}"
            if not run_one_search(config, folder, job):
                return None
            methods.setdefault(name, []).append(trajectory(table, folder))
    costs = search_costs(search_settings(first))
    methods[RANDOM] = [random_trajectory(table, seed, costs) for seed in seeds]
    return _write(workdir, methods, seeds, table, costs)


def trajectory(table: NB201Table, folder: pathlib.Path) -> Trajectory:
    """What a search had derived after each epoch, and in the end (by selection, where a method selects), looked up."""
    cells = [from_json(record["genotype"]) for record in read_records(folder / "genotypes.jsonl")]
    cells[-1] = from_json(read_json(folder / "genotype.json"))
    accuracies = {name: tuple(table.accuracy(c, key) for c in cells) for name, key in DATASETS.items()}
    seconds = read_json(folder / "result.json")["seconds"]
    return Trajectory(accuracies, skip_counts(cells[-1])["normal"], str(cells[-1]), seconds)


def search_costs(settings: SearchSettings) -> np.ndarray:
    """Multiply-adds of forward passes that a first-order search has spent after each epoch, float64 [epochs].

    A step sends a training and a validation batch through the supernet, forward and backward; so does training a
    network with its batches, so that the backward passes cancel in comparisons.
    """
    dataset, group = load_checked(settings), settings.search
    full = steps_per_epoch(int(group.train_fraction * len(dataset.train)), group.batch_size)
    epochs, steps = feed.trial_length(group.epochs, full, group.max_steps)
    supernet = search_problem(settings, dataset.num_classes, full, dataset.image_shape).supernet
    macs = staged_supernet_cost(supernet, dataset.image_shape).macs
    return 2.0 * group.batch_size * steps * macs * np.arange(1, epochs + 1)


def random_trajectory(table: NB201Table, seed: int, costs: np.ndarray) -> Trajectory:
    """Random search: cells trained for 12 epochs until the search's multiply-adds are spent; the best on validation.

    At least one cell is drawn, also where the budget does not suffice for it.
    """
    order = np.random.default_rng(seed).permutation(NB201.count())
    spent = np.cumsum(_training_costs(table)[order])
    valid = table.accuracies(epochs=TRAINING_EPOCHS, split="valid")[order]
    counts = np.maximum(np.searchsorted(spent, costs, side="right"), 1)
    best = [order[np.argmax(valid[:count])] for count in counts]
    accuracies = {name: tuple(table.accuracy(i, key) for i in best) for name, key in DATASETS.items()}
    cell = nb201.cell_at(int(best[-1]))
    return Trajectory(accuracies, skip_counts(cell)["normal"], str(cell))


def _training_costs(table: NB201Table) -> np.ndarray:
    return table.columns["flops_cifar10"] * TRAINING_IMAGES * TRAINING_EPOCHS


def _write(workdir, methods, seeds, table: NB201Table, costs: np.ndarray) -> str:
    optimum = {name: table.best(key)[1] for name, key in DATASETS.items()}
    draws = max(1, round(costs[-1] / _training_costs(table).mean()))
    valid = table.accuracies(epochs=TRAINING_EPOCHS, split="valid")
    expected = {n: expected_best(valid, table.accuracies(), n) for n in sorted({1, draws})}
    grid = markdown_table(summary(methods, tuple(DATASETS)))
    lines = [f"Optimum: {', '.join(f'{name} {value:.2f}' for name, value in optimum.items())}."]
    lines += [
        f"Expected of random search with {n} cell(s), chosen by validation accuracy after 12 epochs: {value:.2f}."
        for n, value in expected.items()
    ]
    share = costs[-1] / _training_costs(table).mean()
    lines += [f"A search's multiply-adds are those of training {share:.3g} cells of the table for 12 epochs."]
    text = "\n\n".join([grid, *lines, PUBLISHED]) + "\n"
    levels = {"optimum": optimum["CIFAR-10"], f"random search, expected of {draws}": expected[draws]}
    workdir.mkdir(parents=True, exist_ok=True)
    (workdir / "benchmark.md").write_text(text, encoding="utf-8")
    (workdir / "trajectories.csv").write_text(csv_rows(methods, seeds), encoding="utf-8")
    plot = trajectories_plot(methods, "CIFAR-10", levels)
    (workdir / "trajectories.svg").write_text(plot, encoding="utf-8")
    return text


def _check(settings: SearchSettings) -> None:
    if settings.space is not NB201:
        problem = "the benchmark looks cells of NAS-Bench-201 up; needs --config.space.name=nb201"
        raise SettingsError(problem, "space.name")
