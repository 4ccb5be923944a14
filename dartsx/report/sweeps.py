"""The table of a sweep: a row for each setting, with n, seeds, mean and standard deviation."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from dartsx.report.aggregate import best_label
from dartsx.report.ledger import LESS, Entry, Sweep, value_text
from dartsx.report.sections import NOTHING, PLUS_MINUS, Grid, number_text


@dataclass(frozen=True)
class SettingRow:
    """A setting at one number of epochs.

    Attributes:
      entries: its seeds, each with a score.
      epochs: epochs after which they paused; None if they ran all.
      mean, std: figures over the scores; std is the sample's (n - 1), None for n = 1. If one score is not finite, the
        mean is infinite and std None.
      seconds: wall clock of all its trials, those that ended at fewer epochs included.
    """

    entries: tuple[Entry, ...]
    epochs: int | None
    mean: float
    std: float | None
    seconds: float

    @property
    def setting(self) -> Mapping[str, Any]:
        """Swept fields with their values."""
        return self.entries[0].setting

    @property
    def n(self) -> int:
        """Number of seeds."""
        return len(self.entries)

    @property
    def seeds(self) -> str:
        """Seeds, such as "0, 1, 2"."""
        return ", ".join(str(entry.seed) for entry in self.entries)


def setting_rows(sweep: Sweep) -> tuple[SettingRow, ...]:
    """The settings, each as far as it came; those that came further first, then the better first."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in sweep.entries:
        groups.setdefault((entry.job, json.dumps(entry.setting, sort_keys=True)), []).append(entry)
    rows = [row for group in groups.values() if (row := _furthest(group)) is not None]
    sign = 1 if rows and rows[0].entries[0].better == LESS else -1
    return tuple(sorted(rows, key=lambda row: (-_order(row.epochs), sign * row.mean)))


def at_most_settings(sweep: Sweep) -> tuple[SettingRow, ...]:
    """The settings at the number of epochs that most have reached, where they can be compared: those with a mean."""
    scored = [entry for entry in sweep.entries if entry.score is not None]
    reached = {(entry.epochs, json.dumps(entry.setting, sort_keys=True)) for entry in scored}
    counts = Counter(epochs for epochs, _ in reached)
    if not counts:
        return ()
    chosen = max(counts, key=lambda epochs: (counts[epochs], _order(epochs)))
    rows = setting_rows(Sweep(sweep.path, tuple(entry for entry in scored if entry.epochs == chosen), ()))
    return tuple(row for row in rows if math.isfinite(row.mean))


def sweep_grid(rows: Sequence[SettingRow]) -> Grid:
    """The rows as text."""
    fields = list(dict.fromkeys(name for row in rows for name in row.setting))
    paused = any(row.epochs is not None for row in rows)
    score = rows[0].entries[0].score_name
    columns = (*fields, *(("epochs",) if paused else ()), "n", "seeds", score, "best", "seconds", "device")
    return Grid(columns, tuple(_line(row, fields, paused) for row in rows))


def sweep_facts(sweep: Sweep) -> list[tuple[str, str]]:
    """What was run, how, and how it ended."""
    counts = Counter(entry.status for entry in sweep.entries)
    facts = [("sweep", str(sweep.path)), ("job", _all(entry.job for entry in sweep.entries))]
    facts += [("command", command) for command in dict.fromkeys(entry.command for entry in sweep.entries)]
    facts += [
        ("seeds that ended", ", ".join(f"{number} {status}" for status, number in counts.items())),
        ("trials' time", f"{sum(entry.seconds for entry in sweep.entries):,.0f} s of wall clock, added up"),
        ("revision", _all(entry.commit for entry in sweep.entries) or "not recorded"),
    ]
    return facts


def _furthest(group: Sequence[Entry]) -> SettingRow | None:
    scored = [entry for entry in group if entry.score is not None and entry.status in ("finished", "paused")]
    if not scored:
        return None
    epochs = max((entry.epochs for entry in scored), key=_order)
    entries = tuple(sorted((e for e in scored if e.epochs == epochs), key=lambda entry: entry.seed))
    scores = [entry.score for entry in entries]
    std = stdev(scores) if len(scores) > 1 and all(map(math.isfinite, scores)) else None
    return SettingRow(entries, epochs, fmean(scores), std, sum(entry.seconds for entry in group))


def _line(row: SettingRow, fields: Sequence[str], paused: bool) -> tuple[str, ...]:
    scores = [entry.score for entry in row.entries]
    best = min(scores) if row.entries[0].better == LESS else max(scores)
    values = tuple(value_text(row.setting[name]) if name in row.setting else NOTHING for name in fields)
    epochs = ("all" if row.epochs is None else str(row.epochs),) if paused else ()
    std = "" if row.std is None else f" {PLUS_MINUS} {row.std:.4f}"
    mean, best = (number_text(value, ".4f") for value in (row.mean, best))
    figures = (f"{mean}{std}", f"{best} ({best_label(row.n)})", f"{row.seconds:,.0f}")
    return (*values, *epochs, str(row.n), row.seeds, *figures, _all(entry.device for entry in row.entries) or NOTHING)


def _all(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _order(epochs: int | None) -> float:
    return float("inf") if epochs is None else epochs
