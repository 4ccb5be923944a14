"""Plots of a report, as SVG text: the weights of a search over the epochs, learning curves.

The same records give the same text. matplotlib is imported on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dartsx.report.figure import finish, new_figure, styled, svg_text
from dartsx.report.heat_map import shared_options
from dartsx.report.records import EvaluateRun, Metric, SearchRun
from dartsx.report.series import curve, names, splits
from dartsx.report.svg import family_colours
from dartsx.report.weights import Group, entropy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INSIDE = 5  # options of a decision whose legend does not hide its plot
COLUMNS = 4  # of the plots of decisions that are no edges
_SPLIT_COLOURS = {"train": "#2563eb", "valid": "#ea580c", "test": "#0d9488"}
_SPLIT_LINES = {"train": "-", "valid": "--", "test": "-."}


@styled
def evolution(run: SearchRun, group: Group) -> str:
    """Weights of each decision over the epochs, one small plot per decision, stacked.

    Edges of a cell stand in a grid of nodes by sources, with one legend; other decisions follow each other, each with
    its own options. Needs at least two epochs.
    """
    places = _grid(group)
    rows, columns = (max(place[axis] for place in places) + 1 for axis in (0, 1))
    figure = new_figure(max(2.0 * columns, 5.0), 1.25 * rows + 0.8)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.set_visible(False)
    shared = shared_options(group.rows)
    top = max(max(sum(row) for row in table) for table in group.weights)
    for i, (row, place) in enumerate(zip(group.rows, places, strict=True)):
        axes = grid[place]
        axes.set_visible(True)
        weights = [[table[i][j] for table in group.weights] for j in range(len(row.options))]
        layers = axes.stackplot(run.epochs, weights, colors=_colours(row.options), linewidth=0)
        axes.set(xlim=(run.epochs[0], run.epochs[-1]), ylim=(0, max(1.0, top)))
        axes.tick_params(labelbottom=place[0] == rows - 1, labelsize=7)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_title(row.formula, fontsize=8, loc="left", pad=3)
        if shared is None:
            inside = len(row.options) <= INSIDE
            place = {} if inside else {"bbox_to_anchor": (1.0, 0.5), "frameon": False, "labelspacing": 0.1}
            axes.legend(layers[::-1], row.options[::-1], fontsize=6, loc="center left", framealpha=0.6, **place)
    if shared is not None:
        figure.legend(layers[::-1], shared[::-1], loc="upper right", frameon=False, fontsize=8)
    figure.suptitle(f"{group.title}: weights by epoch", x=0.01, ha="left", fontsize=10, weight="bold")
    return svg_text(figure)


@styled
def search_curves(run: SearchRun) -> str:
    """Loss, what else the loss tells, and entropy of the weights by epoch."""
    keys = names([run.metrics])
    figure = new_figure(3.7 * (len(keys) + 1), 2.9)
    *panels, last = figure.subplots(1, len(keys) + 1)
    for axes, key in zip(panels, keys, strict=True):
        _curve_panel(axes, [run.metrics], key)
    entropies = [entropy([group.weights[i] for group in run.groups]) for i in range(len(run.epochs))]
    last.plot(run.epochs, entropies, "o-", ms=3, color="#7c3aed")
    finish(last, "entropy of the weights (nats)", legend=False)
    return svg_text(figure)


@styled
def evaluate_curves(runs: Sequence[EvaluateRun]) -> str:
    """Loss, and what else it tells, by epoch of all runs of one row, one line each."""
    keys = names([run.metrics for run in runs])
    figure = new_figure(4.0 * len(keys), 2.9)
    panels = figure.subplots(1, len(keys), squeeze=False)[0]
    for axes, key in zip(panels, keys, strict=True):
        _curve_panel(axes, [run.metrics for run in runs], key)
    return svg_text(figure)


def _colours(names: Sequence[str]) -> list[tuple[float, ...]]:
    """A colour per option: the hue of its family, lighter for each further member; of large families distinct ones."""
    from matplotlib.colors import to_rgb

    if len(names) > len({family_colours(name) for name in names}) * INSIDE:  # the lightest could not be told apart
        return _distinct(len(names))
    members: dict[str, int] = {}
    colours = []
    for name in names:
        hue = family_colours(name)[1]
        light = 1 - 0.6 ** members.get(hue, 0)
        members[hue] = members.get(hue, 0) + 1
        colours.append(tuple(part + (1 - part) * light for part in to_rgb(hue)))
    return colours


def _distinct(count: int) -> list[tuple[float, ...]]:
    from matplotlib import colormaps

    return [colormaps["tab20"](i % 20)[:3] for i in range(count)]


def _grid(group: Group) -> list[tuple[int, int]]:
    """Row and column of every decision's plot."""
    if any(row.ends is None for row in group.rows):
        return [divmod(i, COLUMNS) for i in range(len(group.rows))]
    first = min(row.ends[1] for row in group.rows)
    return [(row.ends[1] - first, row.ends[0]) for row in group.rows]


def _curve_panel(axes: Axes, runs: Sequence[Sequence[Metric]], key: str) -> None:
    for metrics in runs:
        for split in splits(metrics, key):
            epochs, values = curve(metrics, split, key)
            style = {"color": _SPLIT_COLOURS[split], "ls": _SPLIT_LINES[split]}
            label = split if metrics is runs[0] else None
            axes.plot(epochs, values, label=label, marker="o", ms=2.5, lw=1.3, **style)
    finish(axes, key, legend=bool(axes.get_legend_handles_labels()[0]))
