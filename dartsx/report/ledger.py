"""Reads the ledger of a sweep: a line of JSON for every trial and seed that has ended."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dartsx.report.errors import RunError
from dartsx.report.files import json_lines
from dartsx.report.records import Excluded

LEDGER = "ledger.jsonl"
SCHEMA = 1
MORE, LESS = "more", "less"
_NEEDED = {"trial": str, "job": str, "setting": dict, "seed": int, "status": str, "command": str, "score_name": str}


@dataclass(frozen=True)
class Entry:
    """One seed of a trial.

    Attributes:
      setting: swept fields with their values, in the order of the sweep.
      epochs: epochs after which it paused; None if it ran all.
      status: "finished", "paused", "stopped" or "failed".
      score: the number that counts, see `score_of`; None where there is none.
      score_name: what that number is.
      better: `MORE` or `LESS`.
      seconds: its share of the trial's wall clock.
      device: such as "2 x cpu"; empty if it was not recorded.
      commit: revision of the program; empty if it was not recorded.
      command: the command that ran the sweep.
      folder: its work directory.
    """

    trial: str
    job: str
    setting: Mapping[str, Any]
    seed: int
    epochs: int | None
    status: str
    problem: str
    score: float | None
    score_name: str
    better: str
    seconds: float
    device: str
    commit: str
    command: str
    folder: Path


@dataclass(frozen=True)
class Sweep:
    """The last entry of every trial, seed and number of epochs; and what is left out, with the reason."""

    path: Path
    entries: tuple[Entry, ...]
    excluded: tuple[Excluded, ...]


def has_ledger(path: Path) -> bool:
    """Whether a folder is that of a sweep."""
    return (path / LEDGER).is_file()


def read_sweep(path: Path) -> Sweep:
    """Reads the ledger of a folder; a half line at its end, of a sweep that is being killed or running, is left out.

    Raises:
      RunError: a line is damaged, or of another version.
    """
    entries: dict[tuple, Entry] = {}
    excluded = []
    for number, line in enumerate(json_lines(path / LEDGER, unfinished=True), start=1):
        where = f"{LEDGER}, line {number}"
        if line.get("schema") != SCHEMA:
            raise RunError(f"{path / where}: schema {line.get('schema')!r} is not known, only {SCHEMA}")
        missing = [name for name, kind in _NEEDED.items() if not isinstance(line.get(name), kind)]
        if missing:
            excluded.append(Excluded(path / where, f"no number is shown without its {', '.join(missing)}"))
            continue
        entry = _entry(path, line)
        entries[entry.trial, entry.job, entry.epochs, entry.seed] = entry
    without = [
        Excluded(entry.folder, f"{entry.status}: {entry.problem}".rstrip(": "))
        for entry in entries.values()
        if entry.score is None
    ]
    return Sweep(path, tuple(entries.values()), (*excluded, *without))


def score_of(line: Mapping[str, Any]) -> float | None:
    """The number that counts of a line: infinity, the worse one, where it is not finite; None where there is none."""
    score = line.get("score")
    if score is None and line["score_name"] in (line.get("scores") or {}):
        return math.inf if line.get("better", MORE) == LESS else -math.inf
    return float(score) if isinstance(score, int | float) else None


def _entry(path: Path, line: Mapping[str, Any]) -> Entry:
    device = line.get("device") or {}
    kind, count = device.get("kind", ""), device.get("count", 1)
    return Entry(
        trial=line["trial"],
        job=line["job"],
        setting=line["setting"],
        seed=line["seed"],
        epochs=line.get("epochs"),
        status=line["status"],
        problem=line.get("problem") or "",
        score=score_of(line),
        score_name=line["score_name"],
        better=line.get("better", MORE),
        seconds=float(line.get("seconds") or 0.0),
        device=kind if count == 1 else f"{count} x {kind}",
        commit=line.get("commit") or "",
        command=line["command"],
        folder=path / line.get("folder", line["trial"]),
    )


def value_text(value: Any) -> str:
    """A swept value as people read it."""
    return value if isinstance(value, str) else json.dumps(value)
