"""Work directories while their runs write them: how far each is, and when it will be done."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from dartsx.report.errors import RunError
from dartsx.report.files import Fields, json_lines
from dartsx.report.records import Metric
from dartsx.report.runs import read_architectures, read_genotype, read_metrics
from dartsx.spaces import Architecture

DEPTH = 3  # folders below a given one that are looked into: sweep/trial/member
MOST = 200  # runs that are read
_RECENT = 5  # epochs by which the time left is estimated
_NOT_RUNS = ("checkpoints", "tensorboard", "report", "figures")
_LOGS = ("metrics.jsonl", "timing.jsonl", "genotypes.jsonl", "run.json")


@dataclass(frozen=True)
class LiveRun:
    """A run as far as it has come.

    Attributes:
        path: its work directory.
        record: content of run.json.
        config: content of config.json.
        epochs: epochs of the whole run; None where its config names none.
        done: epochs that are logged.
        seconds_left: estimate by the recent epochs; None where nothing can be said, or nothing is left.
        written: when a log was last written, seconds of `time.time`.
        metrics: losses and what they tell.
        architecture: what the last logged epoch would derive, or what an evaluation trains; None before.
        problem: why it could not be read; empty if it could.
    """

    path: Path
    record: Mapping[str, Any]
    config: Mapping[str, Any]
    epochs: int | None
    done: int
    seconds_left: float | None
    written: float
    metrics: tuple[Metric, ...]
    architecture: Architecture | None
    problem: str = ""

    @property
    def status(self) -> str:
        """What run.json says: running, finished, stopped or failed; "unreadable" where it says nothing."""
        return str(self.record.get("status", "unreadable"))


def live_runs(folders: Iterable[Path]) -> list[LiveRun]:
    """The runs in some folders that are written last, at most `MOST`; folders that are gone are left out."""
    paths = {path.resolve(): path for folder in folders for path in _work_directories(folder)}
    newest = sorted(paths.values(), key=lambda path: (-_written(path), str(path)))
    return [read_live(path) for path in newest[:MOST]]


def read_live(path: Path) -> LiveRun:
    """Read one work directory; what is being written at this moment is left out."""
    record: Mapping[str, Any] = {}
    config: Mapping[str, Any] = {}
    try:
        record, config = Fields(path / "run.json").data, Fields(path / "config.json").data
        metrics = read_metrics(path / "metrics.jsonl", unfinished=True)
        found = read_architectures(path / "genotypes.jsonl", unfinished=True)
        trained = None if found else read_genotype(path / "genotype.json")
        seconds = [row["seconds"] for row in json_lines(path / "timing.jsonl", unfinished=True) if "seconds" in row]
        given = config.get("search" if record.get("kind") in ("search", "population") else "evaluate") or {}
    except (RunError, TypeError) as error:
        return LiveRun(path, record, config, None, 0, None, _written(path), (), None, str(error))
    done = max([metric.epoch for metric in metrics] + [len(seconds)], default=0)
    epochs = given.get("epochs") if isinstance(given.get("epochs"), int) else None
    left = None
    if record.get("status") == "running" and epochs and seconds and done < epochs:
        left = fmean(seconds[-_RECENT:]) * (epochs - done)
    architecture = found[-1][1] if found else trained
    return LiveRun(path, record, config, epochs, done, left, _written(path), metrics, architecture)


def _work_directories(folder: Path) -> Iterator[Path]:
    for place, inner, files in os.walk(folder):
        below = len(Path(place).relative_to(folder).parts)
        inner[:] = sorted(name for name in inner if name not in _NOT_RUNS) if below < DEPTH else []
        if "run.json" in files:
            yield Path(place)


def _written(path: Path) -> float:
    times = [(path / name).stat().st_mtime for name in _LOGS if (path / name).exists()]
    return max(times, default=0.0)


def ago(seconds: float) -> str:
    """A span of time in words, such as "12 s" or "3 h 20 min"."""
    minutes, hours = round(seconds / 60), int(seconds // 3600)
    if seconds < 100:
        return f"{max(seconds, 0):.0f} s"
    return f"{minutes} min" if seconds < 5400 else f"{hours} h {int(seconds % 3600 // 60)} min"


def since(moment: float) -> str:
    """How long ago a moment of `time.time` was."""
    return f"{ago(time.time() - moment)} ago"
