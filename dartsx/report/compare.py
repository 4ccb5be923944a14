"""Two runs side by side: what differs in their settings, their results and their architectures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dartsx.catalog import experiment, fields
from dartsx.report.drawings import drawings
from dartsx.report.errors import RunError
from dartsx.report.files import Fields
from dartsx.report.line_chart import Line, line_chart
from dartsx.report.records import EvaluateRun, SearchRun
from dartsx.report.runs import read_run
from dartsx.report.sections import NOTHING, Grid, number_text
from dartsx.report.series import curve, names, splits
from dartsx.report.settings import varying
from dartsx.report.templates import templates
from dartsx.report.terminal import aligned

Run = SearchRun | EvaluateRun
COLOURS = ("#2563eb", "#ea580c")
DASHES = {"train": "5 4", "valid": "", "test": ""}
_RECORDED = ("started", "command", "git", "git_dirty", "device", "versions", "numerics", "dataset", "task", "method")


@dataclass(frozen=True)
class Comparison:
    """What a page of two runs shows.

    Attributes:
        names: the runs, A and B, with their work directories.
        verdict: whether they are samples of one experiment, in words.
        tables: tables by title; one without lines says that nothing differs.
        drawings: drawings of both by what they show; None where one has none.
        charts: curves of both, as SVG.
    """

    names: tuple[str, str]
    verdict: str
    tables: Mapping[str, Grid]
    drawings: Mapping[str, tuple[str | None, str | None]]
    charts: tuple[str, ...]


def write_comparison(first: str | Path, second: str | Path, path: str | Path) -> str:
    """Write a page that compares two finished runs, and return its tables as text for a terminal.

    Args:
        first: work directory of a search or an evaluation.
        second: work directory of a run of the same kind.
        path: file of the page, HTML that holds its pictures and loads nothing.

    Raises:
        RunError: a run cannot be read, or one is a search and the other an evaluation.
    """
    found, path = compare_runs(Path(first), Path(second)), Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(templates().get_template("compare.html.j2").render(comparison=found), encoding="utf-8")
    parts = [f"{title}\n{aligned(table)}" for title, table in found.tables.items() if table.lines]
    return "\n\n".join([found.verdict, *parts]) + "\n"


def compare_runs(first: Path, second: Path) -> Comparison:
    """Compare two work directories; see `write_comparison`."""
    runs = _read(first), _read(second)
    if type(runs[0]) is not type(runs[1]):
        kinds = [Fields(path / "run.json").get("kind", str) for path in (first, second)]
        raise RunError(f"{first} is a run of kind {kinds[0]!r}, {second} of kind {kinds[1]!r}: two of a kind compare")
    deciding = [experiment(run.config) for run in runs]
    differ = varying(deciding)
    records = [_record(run) for run in runs]
    decide = [*_identity(records), *((name, *(values.get(name, NOTHING) for values in deciding)) for name in differ)]
    tables = {
        "Results": Grid(("result", "A", "B", "B - A"), tuple(_results(*runs))),
        "Settings that decide": Grid(("setting", "A", "B"), tuple(decide)),
        "What else differs": Grid(("field", "A", "B"), tuple(_others(runs, records, differ))),
        "Decisions that differ": Grid(("decision", "A", "B"), tuple(_choices(*runs))),
    }
    drawn = [drawings(run.genotype, run.config) if run.genotype else {} for run in runs]
    pairs = {name: tuple(found.get(name) for found in drawn) for name in {**drawn[0], **drawn[1]}}
    return Comparison((str(first), str(second)), _verdict(runs, decide), tables, pairs, tuple(_charts(runs)))


def _read(path: Path) -> Run:
    try:
        return read_run(path)
    except RunError as error:
        raise RunError(f"{path}: {error}") from None


def _verdict(runs: tuple[Run, Run], decide: list[tuple[str, ...]]) -> str:
    if decide:
        return f"Two experiments; what decides, and differs: {', '.join(name for name, *_ in decide)}."
    one, other = runs
    seeds = f"seed {one.seed}" if one.seed == other.seed else f"seeds {one.seed} and {other.seed}"
    if isinstance(one, EvaluateRun) and one.genotype != other.genotype:
        return f"Two networks trained alike, with {seeds}: no setting that decides differs."
    return f"Two samples of one experiment, with {seeds}: no setting that decides differs."


def _record(run: Run) -> dict[str, str]:
    """Fields of run.json in words."""
    record = Fields(run.path / "run.json").data
    found = {}
    for name in _RECORDED:
        value = record.get(name)
        parts = (
            {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, Mapping) else {name: value}
        )
        found |= {key: str(inner) for key, inner in parts.items() if inner is not None}
    return found | ({"data": f"{run.data.fingerprint} ({run.data.hashed})"} if run.data else {})


def _identity(records: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """What decides besides the config: the data, where both say what they were."""
    known = [name for name in ("dataset", "data") if all(name in record for record in records)]
    return [(name, *(record[name] for record in records)) for name in known if _differ(name, *records)]


def _others(runs: tuple[Run, Run], records: list[dict[str, str]], decide: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Fields of the config and of run.json that differ, those that decide left out."""
    configs = [fields(run.config) for run in runs]
    shown = [name for name in {**configs[0], **configs[1]} if name not in decide and _differ(name, *configs)]
    lines = [(name, *(_text(config.get(name)) for config in configs)) for name in shown]
    taken = {name for name, *_ in _identity(records)}
    told = [name for name in {**records[0], **records[1]} if name not in taken and _differ(name, *records)]
    return [*lines, *((name, *(record.get(name, NOTHING) for record in records)) for name in told)]


def _differ(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.get(name) != other.get(name)


def _text(value: Any) -> str:
    return NOTHING if value is None else str(value)


def _results(one: Run, other: Run) -> list[tuple[str, ...]]:
    lines = []
    for name, (a, b) in _figures(one, other).items():
        if a is not None or b is not None:
            known = all(value is not None and math.isfinite(value) for value in (a, b))
            difference = _number(b - a, "+") if known else NOTHING
            lines.append((name, *(NOTHING if value is None else _number(value) for value in (a, b)), difference))
    return lines


def _number(value: float, sign: str = "") -> str:
    return format(value, f"{sign},") if isinstance(value, int) else number_text(value, f"{sign},.4f")


def _figures(one: Run, other: Run) -> dict[str, tuple[float | None, float | None]]:
    """Numbers of both by what they say; of a search other than of an evaluation."""
    shown = {"seconds": "seconds", "params": "parameters", "macs": "multiply-adds", "epochs": "epochs"}
    found = {label: (getattr(one, name), getattr(other, name)) for name, label in shown.items() if name in vars(one)}
    if "measure" in vars(one):
        both = {run.measure.label: run.measure for run in (one, other)}
        return {
            label: tuple(r.score if r.measure == m else None for r in (one, other)) for label, m in both.items()
        } | found
    del found["epochs"]  # of a search the logged ones
    return {"validation accuracy of the supernet": (one.valid_accuracy, other.valid_accuracy), **found}


def _choices(one: Run, other: Run) -> list[tuple[str, ...]]:
    choices = [run.genotype.choices if run.genotype else {} for run in (one, other)]
    names_ = [name for name in {**choices[0], **choices[1]} if _differ(name, *choices)]
    return [(name, *(found.get(name, NOTHING) for found in choices)) for name in sorted(names_)]


def _charts(runs: tuple[Run, Run]) -> list[str]:
    """A chart per metric: A and B by colour, training dashed."""
    charts = []
    for name in names([run.metrics for run in runs]):
        lines = [
            Line(f"{letter} {split}", *curve(run.metrics, split, name), colour, DASHES[split])
            for letter, run, colour in zip("AB", runs, COLOURS, strict=True)
            for split in splits(run.metrics, name)
        ]
        if lines:
            charts.append(line_chart(name, lines))
    return charts
