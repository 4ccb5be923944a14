"""Plots of a report, as SVG text: mixtures as heat maps and over the epochs, learning curves.

The same records give the same text. matplotlib is imported on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dartsx.report import graph
from dartsx.report.figure import finish, new_figure, styled, svg_text
from dartsx.report.records import EvaluateRun, Metric, SearchRun
from dartsx.report.series import (
    Matrix,
    curve,
    entropy,
    primitive_labels,
    softmax,
    splits,
)
from dartsx.report.svg import family_colours
from dartsx.spaces import Edge

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLES = {"normal": "normal cell", "reduce": "reduction cell"}
_SPLIT_COLOURS = {"train": "#2563eb", "valid": "#ea580c", "test": "#0d9488"}
_SPLIT_LINES = {"train": "-", "valid": "--", "test": "-."}


@styled
def heat_map(run: SearchRun) -> str:
    """Mixtures of the last epoch, edges x primitives; what the genotype kept is framed."""
    names = primitive_labels(run)
    mixtures = {kind: softmax(graph.alphas(run, kind)[-1]) for kind in graph.kinds(run)}
    rows = max(map(len, mixtures.values()))
    figure = new_figure(5.5 * len(mixtures), 1.9 + 0.26 * rows)
    panels = figure.subplots(1, len(mixtures), squeeze=False)[0]
    top = max(max(row) for mixture in mixtures.values() for row in mixture)
    for axes, (kind, mixture) in zip(panels, mixtures.items(), strict=True):
        image = _heat_panel(axes, mixture, graph.labels(run, len(mixture)), names, top)
        _frame_kept(axes, graph.kept(run, kind), graph.edges(run, len(mixture)), names)
        axes.set_title(f"{graph.title(run, kind)}, epoch {run.alphas[-1].epoch}", loc="left", weight="bold")
    figure.colorbar(image, ax=panels, shrink=0.8, pad=0.015, label="weight in the mixture")
    return svg_text(figure)


@styled
def evolution(run: SearchRun, cell_type: str) -> str:
    """Mixture of each edge over the epochs, one small plot per edge, stacked to 1.

    Needs the alphas of at least two epochs.
    """
    alphas = graph.alphas(run, cell_type)
    mixtures = [softmax(matrix) for matrix in alphas]
    epochs = [epoch.epoch for epoch in run.alphas]
    names = primitive_labels(run)
    edges = graph.edges(run, len(alphas[0]))
    first, last = edges[0][1], edges[-1][1]
    figure = new_figure(max(2.0 * last, 5.0), 1.25 * (last - first + 1) + 0.8)
    grid = figure.subplots(last - first + 1, last, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.set_visible(False)
    colours = _colours(names)
    for i, (source, node) in enumerate(edges):
        axes = grid[node - first][source]
        axes.set_visible(True)
        weights = [[mixture[i][j] for mixture in mixtures] for j in range(len(names))]
        layers = axes.stackplot(epochs, weights, colors=colours, linewidth=0)
        axes.set(xlim=(epochs[0], epochs[-1]), ylim=(0, 1))
        axes.tick_params(labelbottom=node == last, labelsize=7)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_title(graph.label(run, source, node), fontsize=8, loc="left", pad=3)
    figure.legend(layers[::-1], names[::-1], loc="upper right", frameon=False, fontsize=8)
    title = f"{graph.title(run, cell_type)}: mixtures by epoch"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, weight="bold")
    return svg_text(figure)


@styled
def search_curves(run: SearchRun) -> str:
    """Loss, accuracy and entropy of the mixtures by epoch."""
    figure = new_figure(11.0, 2.9)
    panels = figure.subplots(1, 3)
    _curve_panel(panels[0], [run.metrics], "loss")
    _curve_panel(panels[1], [run.metrics], "accuracy")
    epochs = [epoch.epoch for epoch in run.alphas]
    panels[2].plot(epochs, [entropy(epoch) for epoch in run.alphas], "o-", ms=3, color="#7c3aed")
    finish(panels[2], "entropy of the mixtures (nats)", legend=False)
    return svg_text(figure)


@styled
def evaluate_curves(runs: Sequence[EvaluateRun]) -> str:
    """Loss and accuracy by epoch of all runs of one row, one line each."""
    figure = new_figure(8.0, 2.9)
    panels = figure.subplots(1, 2)
    for axes, key in zip(panels, ("loss", "accuracy"), strict=True):
        _curve_panel(axes, [run.metrics for run in runs], key)
    return svg_text(figure)


def _colours(names: Sequence[str]) -> list[tuple[float, ...]]:
    """A colour per primitive: the hue of its family, lighter for each further member."""
    from matplotlib.colors import to_rgb

    members: dict[str, int] = {}
    colours = []
    for name in names:
        hue = family_colours(name)[1]
        light = 1 - 0.6 ** members.get(hue, 0)
        members[hue] = members.get(hue, 0) + 1
        colours.append(tuple(part + (1 - part) * light for part in to_rgb(hue)))
    return colours


def _heat_panel(axes: Axes, mixture: Matrix, rows: Sequence[str], names: Sequence[str], top: float) -> Any:
    image = axes.imshow(mixture, cmap="Blues", vmin=0.0, vmax=top, aspect="auto")
    axes.set_yticks(range(len(mixture)), [_math(label) for label in rows])
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    for i, row in enumerate(mixture):
        for j, weight in enumerate(row):
            ink = "white" if weight > 0.6 * top else "#1f2937"
            axes.text(j, i, f"{weight:.2f}", ha="center", va="center", fontsize=7, color=ink)
    return image


def _frame_kept(axes: Axes, kept: Sequence[Edge], edges: Sequence[tuple[int, int]], names: Sequence[str]) -> None:
    from matplotlib.patches import Rectangle

    for edge in kept:
        if (edge.source, edge.node) in edges and edge.primitive in names:
            i, j = edges.index((edge.source, edge.node)), names.index(edge.primitive)
            corner = (j - 0.46, i - 0.46)
            axes.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, ec="#dc2626", lw=1.5))


def _math(label: str) -> str:
    """An edge's label with the inputs' names set as formulas."""
    return " ".join(f"${word}$" if word.startswith("c_") else word for word in label.split())


def _curve_panel(axes: Axes, runs: Sequence[Sequence[Metric]], key: str) -> None:
    for metrics in runs:
        for split in splits(metrics, key):
            epochs, values = curve(metrics, split, key)
            style = {"color": _SPLIT_COLOURS[split], "ls": _SPLIT_LINES[split]}
            label = split if metrics is runs[0] else None
            axes.plot(epochs, values, label=label, marker="o", ms=2.5, lw=1.3, **style)
    finish(axes, key, legend=bool(axes.get_legend_handles_labels()[0]))
