"""Small work directories, written as searches and evaluations write theirs."""

import functools
import json
import math
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from dartsx.spaces import DARTS, published, to_json

ROWS = 14


def _write_lines(path: pathlib.Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _write_run(path: pathlib.Path, kind: str, result: dict[str, Any], config: dict[str, Any], **run: Any) -> None:
    path.mkdir(parents=True)
    about = {
        "schema": 1,
        "kind": kind,
        "status": "finished",
        "command": "python -m experiments.search",
        "versions": {},
        "git": None,
        "seed": 0,
        "device": {"kind": "cpu", "count": 1},
        "dataset": "digits",
        "method": "darts first_order" if kind == "search" else None,
        "started": "2026-01-01T00:00:00",
        "compile_seconds": 1.0,
    }
    (path / "run.json").write_text(json.dumps({**about, **run}))
    (path / "config.json").write_text(json.dumps({"seed": about["seed"], **config}))
    (path / "result.json").write_text(json.dumps(result))


def _metrics(splits: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"step": 10 * e, "epoch": e, "split": split, "loss": 2.0 / e, "accuracy": 1 - 0.5 / e}
        for e in (1, 2, 3)
        for split in splits
    ]


def _alphas(epoch: int, shift: int) -> list[list[float]]:
    def logit(row: int, column: int) -> float:
        return epoch * math.sin(1 + row + 3 * column + shift)

    return [[logit(row, column) for column in range(len(DARTS))] for row in range(ROWS)]


def _search(
    folder: pathlib.Path, name: str, genotype: str = "DARTS_V2", seconds: float = 90.0, **run: Any
) -> pathlib.Path:
    path = folder / name
    document = to_json(published(genotype))
    days = seconds / 86400
    result = {"seconds": seconds, "gpu_days": days, "valid_accuracy": 0.75}
    _write_run(path, "search", {"genotype": document, **result}, {"epochs": 3}, **run)
    (path / "genotype.json").write_text(json.dumps(document))
    _write_lines(path / "metrics.jsonl", _metrics(("train", "valid")))
    _write_lines(path / "genotypes.jsonl", [{"epoch": e, "genotype": document} for e in (1, 2)])
    rows = [{"epoch": e, "normal": _alphas(e, 0), "reduce": _alphas(e, 5)} for e in (1, 2, 3)]
    _write_lines(path / "alphas.jsonl", rows)
    return path


def _evaluate(
    folder: pathlib.Path,
    name: str,
    test_error: float,
    search: pathlib.Path | None = None,
    genotype: str = "NASNet-A",
    params: int = 1000,
    config: dict[str, Any] | None = None,
    **run: Any,
) -> pathlib.Path:
    path = folder / name
    source = {"workdir": str(search), "method": "darts first_order", "gpu_days": 0.25}
    result = {
        "test_error": test_error,
        "test_accuracy": 1 - test_error / 100,
        "params": params,
        "macs": 5_000_000,
        "epochs": 20,
        "genotype_name": None if search else genotype,
        "search": source if search else None,
        "seconds": 60.0,
    }
    _write_run(path, "evaluate", result, {"epochs": 20, "batch": 64, **(config or {})}, **run)
    document = to_json(published("DARTS_V2" if search else genotype))
    (path / "genotype.json").write_text(json.dumps(document))
    _write_lines(path / "metrics.jsonl", _metrics(("train", "test")))
    return path


@pytest.fixture
def search_run(tmp_path: pathlib.Path) -> Callable[..., pathlib.Path]:
    """Write a finished search under tmp_path and return its work directory.

    Further keywords are fields of run.json.
    """
    return functools.partial(_search, tmp_path)


@pytest.fixture
def evaluate_run(tmp_path: pathlib.Path) -> Callable[..., pathlib.Path]:
    """Write a finished evaluation under tmp_path and return its work directory.

    ``search`` is a search's work directory; without it the genotype is a published one.
    """
    return functools.partial(_evaluate, tmp_path)


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A search, its cells retrained twice, NASNet-A and an unfinished search, on CIFAR-10."""
    folder = tmp_path_factory.mktemp("runs")
    search = _search(folder, "search", dataset="cifar10")
    _search(folder, "half", status="running")
    for i in range(2):
        _evaluate(folder, f"b{i}", 3.0 + i, search=search, seed=i, dataset="CIFAR-10")
    _evaluate(folder, "nasnet", 3.2, dataset="CIFAR-10")
    return folder
