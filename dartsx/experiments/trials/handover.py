"""How a trial gets to another process and its result back: by files, and by one command that reads and writes them.

``python -m dartsx.experiments.trials ROOT NAME``
"""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

from dartsx.experiments.trials.trial import Result, Trial
from dartsx.runtime import read_json, write_json


def folder_of(root: pathlib.Path) -> pathlib.Path:
    """Where trials are written down, beside their own folders."""
    return root / "trials"


def log_of(root: pathlib.Path, name: str) -> pathlib.Path:
    """What a trial's process printed."""
    return folder_of(root) / f"{name}.log"


def command(root: pathlib.Path, name: str) -> list[str]:
    """Runs the trial of this name in a process of its own."""
    return [sys.executable, "-m", "dartsx.experiments.trials", str(root), name]


def hand_over(root: pathlib.Path, trial: Trial) -> None:
    """Writes a trial down; an earlier result is no longer its own."""
    folder_of(root).mkdir(parents=True, exist_ok=True)
    _result(root, trial.name).unlink(missing_ok=True)
    write_json(_trial(root, trial.name), trial.document())


def handed_over(root: pathlib.Path, name: str) -> Trial:
    """The trial of this name."""
    return Trial.read(read_json(_trial(root, name)))


def is_handed_over(root: pathlib.Path, trial: Trial) -> bool:
    """Whether this very trial is written down, and not another of its name."""
    path = _trial(root, trial.name)
    return path.is_file() and read_json(path) == json.loads(json.dumps(trial.document()))


def hand_back(root: pathlib.Path, result: Result) -> None:
    """Writes a result down."""
    write_json(_result(root, result.trial.name), fields_of(result))


def handed_back(root: pathlib.Path, trial: Trial) -> Result | None:
    """The result of a trial; None if its process ended without one, or has not ended."""
    path = _result(root, trial.name)
    return Result(trial, root / trial.name, **read_json(path)) if path.is_file() else None


def fields_of(result: Result) -> dict[str, Any]:
    """What of a result is not known to whom gave the trial."""
    return {name: value for name, value in result._asdict().items() if name not in ("trial", "folder")}


def _trial(root: pathlib.Path, name: str) -> pathlib.Path:
    return folder_of(root) / f"{name}.trial.json"


def _result(root: pathlib.Path, name: str) -> pathlib.Path:
    return folder_of(root) / f"{name}.result.json"
