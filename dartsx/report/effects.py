"""Plot of what each swept field does to the score, over all settings of the other fields."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from dartsx.report.figure import new_figure, styled, svg_text
from dartsx.report.ledger import value_text
from dartsx.report.sweeps import SettingRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SEED, _SETTING, _MEAN = "#93c5fd", "#2563eb", "#1f2937"
_COLUMNS = 3
_LOG_FROM = 10  # ratio of the largest to the smallest value from which the axis is logarithmic


def swept_fields(rows: Sequence[SettingRow]) -> list[str]:
    """Fields of which there are two values or more."""
    names = dict.fromkeys(name for row in rows for name in row.setting)
    return [name for name in names if len({value_text(row.setting.get(name)) for row in rows}) > 1]


@styled
def effects_plot(rows: Sequence[SettingRow]) -> str:
    """A panel per swept field: seeds (dots), means of settings (bars), means over the settings of a value (diamonds).

    The means of numbers are joined by a line.
    """
    fields = swept_fields(rows)
    columns = min(_COLUMNS, len(fields))
    lines = -(-len(fields) // columns)
    figure = new_figure(max(3.6 * columns, 5.0), 3.0 * lines + 0.4)
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for axes, name in zip(panels.ravel(), fields, strict=False):
        _panel(axes, name, [row for row in rows if name in row.setting])
    for axes in panels.ravel()[len(fields) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel(rows[0].entries[0].score_name)
    return svg_text(figure)


def _panel(axes: Axes, name: str, rows: Sequence[SettingRow]) -> None:
    values = [row.setting[name] for row in rows]
    numbers = all(type(value) in (int, float) for value in values)
    places = _on_scale(axes, values) if numbers else _side_by_side(axes, values)
    for row, x in zip(rows, places, strict=True):
        axes.plot([x] * row.n, [entry.score for entry in row.entries], ".", ms=5, color=_SEED, zorder=1)
        axes.plot([x], [row.mean], "_", ms=14, mew=1.8, color=_SETTING, zorder=2)
    by_value: dict[float, list[float]] = {}
    for row, x in zip(rows, places, strict=True):
        by_value.setdefault(x, []).append(row.mean)
    line = [(x, fmean(means)) for x, means in sorted(by_value.items())]
    if len(line) < len(rows):
        axes.plot(*zip(*line, strict=True), "D-" if numbers else "D", ms=4, lw=1.3, color=_MEAN, zorder=3)
    axes.margins(x=0.08)
    axes.set_title(name, loc="left", weight="bold")
    axes.grid(alpha=0.25, lw=0.6)


def _on_scale(axes: Axes, values: Sequence[float]) -> list[float]:
    if min(values) > 0 and max(values) >= _LOG_FROM * min(values):
        axes.set_xscale("log")
    return [float(value) for value in values]


def _side_by_side(axes: Axes, values: Sequence[Any]) -> list[float]:
    labels = list(dict.fromkeys(map(value_text, values)))
    axes.set_xticks(range(len(labels)), labels, rotation=20 if max(map(len, labels)) > 8 else 0)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    return [float(labels.index(value_text(value))) for value in values]
