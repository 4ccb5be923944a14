"""What a simulation of strategies found: rows, as text and as files with the curves beside them."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from dartsx.experiments.jobs.simulation import Curves
from dartsx.experiments.jobs.tabulated import Setting, tabulated
from dartsx.report.anytime import anytime_csv, anytime_plot
from dartsx.report.chapters import Chapter, Picture, page_of
from dartsx.report.sections import NOTHING, Grid
from dartsx.report.tables import markdown_table
from dartsx.strategies.simulation import figures

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


def notes(setting: Setting) -> str:
    """What readers of the rows need to know: published figures, and the reference point of hypervolumes."""
    lines, known = [PUBLISHED] if setting.space == "nb201" else [], tabulated(setting)
    if len(known.goals) > 1:
        worst = known.box()[0]
        point = ", ".join(f"{m.name} {abs(value):g}" for m, value in zip(known.goals, worst, strict=True))
        lines.append(
            "Hypervolume: the dominated share of the box from the worst values of all architectures, which are the "
            f"reference point ({point}), to their best."
        )
    return "\n\n".join(lines)


def grid_of(made: Sequence[Mapping[str, Any]]) -> Grid:
    """The rows as a table of text."""
    return Grid(tuple(made[0]), tuple(tuple(map(_word, row.values())) for row in made))


def _word(value: str | int | float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def text_of(made: Sequence[Mapping[str, Any]], form: str, notes: str = PUBLISHED) -> str:
    """The rows as a table with notes, or as JSON."""
    if form == "json":
        return json.dumps(made, indent=1)
    grid = grid_of(made)
    if form == "markdown":
        return f"{markdown_table(grid)}\n\n{notes}"
    texts = [grid.columns, *grid.lines]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in texts]
    return "\n".join((*(text.rstrip() for text in texts), "", notes)).rstrip()


def write(
    folder: pathlib.Path, made: Sequence[Mapping[str, Any]], curves: Mapping[str, Curves], setting: Setting
) -> None:
    """Writes strategies.md, strategies.html and strategies.json, and curves as CSV and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    accuracy = {name: found.accuracy for name, found in curves.items()}
    optimum, told = tabulated(setting).optimum, notes(setting)
    plots = [name for name in ("accuracy", "hypervolume") if name == "accuracy" or setting.second]
    pictures = "\n".join(f"![{name} by queries]({name}.svg)" for name in plots)
    files = {
        "strategies.md": f"{text_of(made, 'markdown', told)}\n\n{pictures}\n",
        "strategies.json": text_of(made, "json") + "\n",
        "accuracy.csv": anytime_csv(accuracy),
        "accuracy.svg": anytime_plot(accuracy, f"{setting.dataset}: test accuracy (%) of what is chosen", optimum),
    }
    if setting.second:
        volume = {name: found.volume for name, found in curves.items()}
        files["hypervolume.csv"] = anytime_csv(volume)
        goals = ", ".join(measure.name for measure in tabulated(setting).goals)
        what = f"dominated share of the volume ({goals})"
        files["hypervolume.svg"] = anytime_plot(volume, what)
    shown = tuple(Picture(name, f"{name} by queries", files[f"{name}.svg"]) for name in plots)
    chapter = Chapter(f"{setting.space}, {setting.dataset}", (), None, shown, grid_of(made), told)
    files["strategies.html"] = page_of("Strategies simulated", [chapter])
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
