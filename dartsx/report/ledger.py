"""Reads the ledger of a sweep: a line of JSON for every trial and seed that has ended, each time that it has.

A trial that is stopped or fails has ended too; when it is gone on with, it gets another line. Of all lines of a trial,
seed and number of epochs the last says how it ended; seconds are those since it was last started, and are added up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
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
      seconds: its share of the trial's wall clock, of all times that it was started.
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
    told: dict[tuple, list[Mapping[str, Any]]] = {}
    excluded = []
    for number, line in enumerate(json_lines(path / LEDGER, unfinished=True), start=1):
        where = f"{LEDGER}, line {number}"
        if line.get("schema") != SCHEMA:
            raise RunError(f"{path / where}: schema {line.get('schema')!r} is not known, only {SCHEMA}")
        missing = [name for name, kind in _NEEDED.items() if not isinstance(line.get(name), kind)]
        if missing:
            excluded.append(Excluded(path / where, f"no number is shown without its {', '.join(missing)}"))
            continue
        told.setdefault((line["trial"], line["job"], line.get("epochs"), line["seed"]), []).append(line)
    entries = tuple(_entry(path, lines) for lines in told.values())
    without = [
        Excluded(entry.folder, f"{entry.status}: {entry.problem}".rstrip(": "))
        for entry in entries
        if entry.score is None
    ]
    return Sweep(path, entries, (*excluded, *without))


def score_of(line: Mapping[str, Any]) -> float | None:
    """The number that counts of a line: infinity, the worse one, where it is not finite; None where there is none."""
    score = line.get("score")
    if score is None and line["score_name"] in (line.get("scores") or {}):
        return math.inf if line.get("better", MORE) == LESS else -math.inf
    return float(score) if isinstance(score, int | float) else None


def spent(lines: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of all lines of a trial, seed and number of epochs.

    Lines of equal seconds and status count once: they are one result that was read twice, as from a queue of jobs.
    """
    return sum(seconds or 0.0 for _, seconds in dict.fromkeys((line["status"], line.get("seconds")) for line in lines))


def _entry(path: Path, lines: Sequence[Mapping[str, Any]]) -> Entry:
    """The last line, with the seconds of all."""
    line = lines[-1]
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
        seconds=float(spent(lines)),
        device=kind if count == 1 else f"{count} x {kind}",
        commit=line.get("commit") or "",
        command=line["command"],
        folder=path / line.get("folder", line["trial"]),
    )


def value_text(value: Any) -> str:
    """A swept value as people read it."""
    return value if isinstance(value, str) else json.dumps(value)
