"""Plots of a report, as SVG text: mixtures as heat maps and over the epochs, learning curves.

The same records give the same text. matplotlib is imported on first use and without pyplot, so
neither a display nor anyone's global state is touched.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec

from dartsx.report.records import EvaluateRun, Metric, SearchRun
from dartsx.report.series import (
    Matrix,
    curve,
    edge_labels,
    edge_nodes,
    entropy,
    primitive_labels,
    softmax,
    splits,
)
from dartsx.report.svg import family_colours, node_name
from dartsx.spaces import CELL_TYPES, Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

TITLES = {"normal": "normal cell", "reduce": "reduction cell"}
_STYLE = {
    "svg.hashsalt": "dartsx",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_SPLIT_COLOURS = {"train": "#2563eb", "valid": "#ea580c", "test": "#0d9488"}
_SPLIT_LINES = {"train": "-", "valid": "--", "test": "-."}


def styled(plot: Callable[P, str]) -> Callable[P, str]:
    """Run a plot under the report's style, whatever the user's own settings are."""

    @functools.wraps(plot)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> str:
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            return plot(*args, **kwargs)

    return wrapped


@styled
def heat_map(run: SearchRun) -> str:
    """Mixtures of the last epoch, edges x primitives; what the genotype kept is framed."""
    last = run.alphas[-1]
    names = primitive_labels(run)
    rows = max(len(last.normal), len(last.reduce))
    figure = _figure(11.0, 1.9 + 0.26 * rows)
    panels = figure.subplots(1, 2)
    mixtures = {"normal": softmax(last.normal), "reduce": softmax(last.reduce)}
    top = max(max(row) for mixture in mixtures.values() for row in mixture)
    for axes, cell_type in zip(panels, CELL_TYPES, strict=True):
        image = _heat_panel(axes, mixtures[cell_type], names, top)
        _frame_kept(axes, run.genotype.cell(cell_type), names, len(mixtures[cell_type]))
        axes.set_title(f"{TITLES[cell_type]}, epoch {last.epoch}", loc="left", weight="bold")
    figure.colorbar(image, ax=panels, shrink=0.8, pad=0.015, label="weight in the mixture")
    return svg_text(figure)


@styled
def evolution(run: SearchRun, cell_type: str) -> str:
    """Mixture of each edge over the epochs, one small plot per edge, stacked to 1.

    Needs the alphas of at least two epochs.
    """
    alphas = [getattr(epoch, cell_type) for epoch in run.alphas]
    mixtures = [softmax(matrix) for matrix in alphas]
    epochs = [epoch.epoch for epoch in run.alphas]
    names = primitive_labels(run)
    edges = edge_nodes(len(alphas[0]))
    nodes = edges[-1][1] - 1
    figure = _figure(2.0 * (nodes + 1), 1.25 * nodes + 0.8)
    grid = figure.subplots(nodes, nodes + 1, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.set_visible(False)
    colours = _colours(names)
    for i, (source, node) in enumerate(edges):
        axes = grid[node - 2][source]
        axes.set_visible(True)
        weights = [[mixture[i][j] for mixture in mixtures] for j in range(len(names))]
        layers = axes.stackplot(epochs, weights, colors=colours, linewidth=0)
        axes.set(xlim=(epochs[0], epochs[-1]), ylim=(0, 1))
        axes.tick_params(labelbottom=node == edges[-1][1], labelsize=7)
        axes.xaxis.get_major_locator().set_params(integer=True)
        title = f"${node_name(source)}$ to {node_name(node)}"
        axes.set_title(title, fontsize=8, loc="left", pad=3)
    figure.legend(layers[::-1], names[::-1], loc="upper right", frameon=False, fontsize=8)
    title = f"{TITLES[cell_type]}: mixtures by epoch"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, weight="bold")
    return svg_text(figure)


@styled
def search_curves(run: SearchRun) -> str:
    """Loss, accuracy and entropy of the mixtures by epoch."""
    figure = _figure(11.0, 2.9)
    panels = figure.subplots(1, 3)
    _curve_panel(panels[0], [run.metrics], "loss")
    _curve_panel(panels[1], [run.metrics], "accuracy")
    epochs = [epoch.epoch for epoch in run.alphas]
    panels[2].plot(epochs, [entropy(epoch) for epoch in run.alphas], "o-", ms=3, color="#7c3aed")
    _finish(panels[2], "entropy of the mixtures (nats)", legend=False)
    return svg_text(figure)


@styled
def evaluate_curves(runs: Sequence[EvaluateRun]) -> str:
    """Loss and accuracy by epoch of all runs of one row, one line each."""
    figure = _figure(8.0, 2.9)
    panels = figure.subplots(1, 2)
    for axes, key in zip(panels, ("loss", "accuracy"), strict=True):
        _curve_panel(axes, [run.metrics for run in runs], key)
    return svg_text(figure)


def _figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def svg_text(figure: Figure) -> str:
    """The figure as SVG, without a date."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


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


def _heat_panel(axes: Axes, mixture: Matrix, names: Sequence[str], top: float) -> Any:
    image = axes.imshow(mixture, cmap="Blues", vmin=0.0, vmax=top, aspect="auto")
    labels = [_math(label) for label in edge_labels(len(mixture))]
    axes.set_yticks(range(len(mixture)), labels)
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    for i, row in enumerate(mixture):
        for j, weight in enumerate(row):
            ink = "white" if weight > 0.6 * top else "#1f2937"
            axes.text(j, i, f"{weight:.2f}", ha="center", va="center", fontsize=7, color=ink)
    return image


def _frame_kept(axes: Axes, cell: Cell, names: Sequence[str], rows: int) -> None:
    from matplotlib.patches import Rectangle

    edges = edge_nodes(rows)
    for edge in cell.edges:
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
    _finish(axes, key, legend=bool(axes.get_legend_handles_labels()[0]))


def _finish(axes: Axes, title: str, legend: bool) -> None:
    axes.set_title(title, loc="left", weight="bold")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.25, lw=0.6)
    if legend:
        axes.legend(frameon=False)
