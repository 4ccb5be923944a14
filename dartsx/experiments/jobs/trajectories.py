"""What NAS-Bench-201's table says of the cells that a search had as its epochs went by."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from dartsx.objectives import NB201Objective
from dartsx.report.benchmark import Trajectory
from dartsx.runtime import read_json, read_records
from dartsx.spaces import SKIP, Topology, from_json
from dartsx.tabular import NB201Table

REPORT_EPOCHS = 200
DATASETS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "in16"}


def search_trajectory(table: NB201Table, folder: pathlib.Path) -> Trajectory:
    """The trajectory of a finished search: the derived cells of all epochs (and stages), then the chosen one."""
    records = [record for part in (*_stages(folder), folder) for record in read_records(part / "genotypes.jsonl")]
    cells = [from_json(record["genotype"]) for record in records]
    cells[-1] = from_json(read_json(folder / "genotype.json"))
    seed, seconds = read_json(folder / "run.json")["seed"], read_json(folder / "result.json")["seconds"]
    return looked_up(table, seed, cells, seconds)


def looked_up(table: NB201Table, seed: int, cells: Sequence[Topology], seconds: float | None = None) -> Trajectory:
    """The trajectory of the cells of all epochs."""
    scores = {name: NB201Objective(table, key)(cells, REPORT_EPOCHS) for name, key in DATASETS.items()}
    accuracies = {name: tuple(score["test_accuracy"] for score in found) for name, found in scores.items()}
    return Trajectory(seed, accuracies, tuple(cell.count(SKIP) for cell in cells), str(cells[-1]), seconds)


def _stages(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(folder.glob("stage*"))
