"""What a simulation of strategies found: rows, as text and as files with the curves beside them."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from dartsx.report.anytime import anytime_csv, anytime_plot
from dartsx.strategies.simulation import figures
from dartsx.tabular import load_nb201
from experiments.jobs.simulation import Curves, Setting

PUBLISHED = (
    "Published, with a simulated budget of 12,000 s: random search 93.70 +- 0.36, REINFORCE 93.85 +- 0.37 "
    "(arXiv:2001.00326, n = 500)."
)


def rows(curves: Mapping[str, Curves], numbers: Sequence[int]) -> list[dict[str, Any]]:
    """One row per strategy and number of queries, percent."""
    made = []
    for name, found in curves.items():
        for number in numbers:
            accuracy = figures(found.accuracy, number)
            row = {"strategy": name, "queries": number, **accuracy._asdict()}
            if found.volume is not None:
                row["hypervolume"] = figures(found.volume, number).mean
            made.append(row)
    return made


def text_of(made: Sequence[Mapping[str, Any]], form: str) -> str:
    """The rows as a table with its sources, or as JSON."""
    if form == "json":
        return json.dumps(made, indent=1)
    head = list(made[0])
    lines = [
        [str(row[name]) if not isinstance(row[name], float) else f"{row[name]:.3f}" for name in head] for row in made
    ]
    if form == "markdown":
        cells = [head, ["---"] * len(head), *lines]
        return "\n".join(f"| {' | '.join(line)} |" for line in cells) + f"\n\n{PUBLISHED}"
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *lines)]
    return "\n".join((*(text.rstrip() for text in texts), "", PUBLISHED))


def write(
    folder: pathlib.Path, made: Sequence[Mapping[str, Any]], curves: Mapping[str, Curves], setting: Setting
) -> None:
    """Writes strategies.md and strategies.json, and curves as CSV and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    accuracy = {name: found.accuracy for name, found in curves.items()}
    optimum = load_nb201(setting.table).best(setting.dataset)[1]
    files = {
        "strategies.md": text_of(made, "markdown") + "\n",
        "strategies.json": text_of(made, "json") + "\n",
        "accuracy.csv": anytime_csv(accuracy),
        "accuracy.svg": anytime_plot(accuracy, f"{setting.dataset}: test accuracy (%) of the chosen cell", optimum),
    }
    if setting.second:
        volume = {name: found.volume for name, found in curves.items()}
        files["hypervolume.csv"] = anytime_csv(volume)
        what = f"dominated share of the volume (valid_accuracy, {setting.second.rpartition(':')[2]})"
        files["hypervolume.svg"] = anytime_plot(volume, what)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
