"""What a trial has reached, read from its work directories: numbers by name, for every seed."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from dartsx.catalog import RESULTS, SEARCHED
from dartsx.experiments.trials.trial import Trial
from dartsx.runtime import finite

_SPLITS, _COUNTERS = ("valid", "test"), ("step", "epoch")
_FIGURES = tuple(f"{split}_" for split in _SPLITS)
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")  # as logs hold them
_SMALLER = ("loss", "error", "perplexity", "macs", "params", "seconds", "gpu_days")


def default_score(job: str, task: str) -> str:
    """What counts unless another is asked for: of a search a figure of the supernet, else one of the test examples.

    Args:
      job: see `Trial`.
      task: a key of `RESULTS`.
    """
    return (SEARCHED if job == "search" else RESULTS)[task].name


def smaller_is_better(score: str) -> bool:
    """Whether a score is a loss or a cost."""
    return score.endswith(_SMALLER)


def folders(trial: Trial, root: pathlib.Path) -> list[pathlib.Path]:
    """Work directories with the results of its seeds."""
    members = [f"member{i}" for i in range(len(trial.seeds))] if len(trial.seeds) > 1 else [""]
    if trial.job == "run":
        return [root / (f"derived_{member}" if member else "derived") for member in members]
    return [root / member for member in members]


def scores_of(trial: Trial, root: pathlib.Path, status: str) -> list[dict[str, float | None]]:
    """Numbers by name, for every seed, None for one that is not finite; none for a seed that failed.

    Those of the last epoch where the trial paused, else those of its result.
    """
    if status not in ("finished", "paused"):
        return [{} for _ in trial.seeds]
    read = _result if status == "finished" else lambda folder: _at(folder, trial.epochs or 0)
    return [finite(read(folder)) for folder in folders(trial, root)]


def epochs_done(trial: Trial, root: pathlib.Path) -> int:
    """Epochs whose metrics are logged, of the member that is furthest."""
    return max((row["epoch"] for folder in folders(trial, root) for row in _metrics(folder)), default=0)


def records(trial: Trial, root: pathlib.Path) -> list[dict[str, Any]]:
    """Contents of run.json for every seed; empty where there is none."""
    return [_read(folder / "run.json") for folder in folders(trial, root)]


def _result(folder: pathlib.Path) -> dict[str, float | None]:
    found = _read(folder / "result.json").items()
    lost = {name: None for name, value in found if value is None and name.startswith(_FIGURES)}
    return lost | {name: value for name, value in found if type(value) in (int, float)}


def _at(folder: pathlib.Path, epoch: int) -> dict[str, float]:
    """Metrics of an epoch under the names, and in the units, that a result has."""
    scores: dict[str, float] = {}
    task = _read(folder / "run.json").get("task")
    for row in _metrics(folder):
        if row["epoch"] == epoch and row["split"] in _SPLITS:
            named = {name: _number(value) for name, value in row.items() if name not in _COUNTERS}
            numbers = {name: value for name, value in named.items() if value is not None}
            scores |= {f"{row['split']}_{name}": value for name, value in numbers.items()}
            if row["split"] == "test" and task is not None:
                from dartsx.tasks import TASKS  # imports JAX, which wrong flags fail before

                scores |= TASKS[task].result(numbers)
    return scores


def _number(value: Any) -> float | None:
    """A number of a log, in which those that are not finite are words; None for anything else."""
    return value if type(value) in (int, float) else float(value) if value in _NOT_FINITE else None


def _metrics(folder: pathlib.Path) -> Sequence[Mapping[str, Any]]:
    path = folder / "metrics.jsonl"
    if not path.is_file():
        return ()
    whole = [line for line in path.read_text(encoding="utf-8").split("\n")[:-1] if line]  # the last may be half a line
    return [json.loads(line) for line in whole]


def _read(path: pathlib.Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
