"""Results of searches in a tabular benchmark: a row per method, and what each had derived as the epochs went by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from dartsx.report.aggregate import best_label
from dartsx.report.figure import finish, new_figure, styled, svg_text
from dartsx.report.sections import PLUS_MINUS, Grid

_COLOURS = ("#2563eb", "#ea580c", "#0d9488", "#7c3aed", "#dc2626", "#65a30d", "#db2777", "#ca8a04", "#0891b2")
_LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Trajectory:
    """One search: test accuracies in percent of the cell derived after each epoch, by data set, and what it cost.

    Attributes:
      accuracies: by data set, one value per epoch.
      skips: skip connections of the last epoch's cell.
      cell: that cell as text.
      seconds: of all steps; None where nothing was trained.
    """

    accuracies: Mapping[str, tuple[float, ...]]
    skips: int
    cell: str
    seconds: float | None = None


def summary(methods: Mapping[str, Sequence[Trajectory]], datasets: Sequence[str]) -> Grid:
    """A row per method: mean and sample standard deviation of the last epoch's cells, n, the best of n."""
    columns = ("method", "n", *(f"{name} (%)" for name in datasets), f"best, {datasets[0]}", "skips", "seconds")
    lines = []
    for method, runs in methods.items():
        last = {name: [run.accuracies[name][-1] for run in runs] for name in datasets}
        best = f"{max(last[datasets[0]]):.2f} ({best_label(len(runs))})"
        known = [run.seconds for run in runs if run.seconds is not None]
        seconds = f"{fmean(known):,.0f}" if len(known) == len(runs) else "-"
        skips = f"{fmean(run.skips for run in runs):.1f}"
        lines.append((method, str(len(runs)), *map(_mean_std, last.values()), best, skips, seconds))
    return Grid(columns, tuple(lines))


def csv_rows(methods: Mapping[str, Sequence[Trajectory]], seeds: Sequence[int]) -> str:
    """One line per method, seed, epoch and data set."""
    lines = ["method,seed,epoch,dataset,test_accuracy"]
    for method, runs in methods.items():
        for seed, run in zip(seeds, runs, strict=True):
            for dataset, values in run.accuracies.items():
                lines += [f'"{method}",{seed},{e},{dataset},{value:.4f}' for e, value in enumerate(values, start=1)]
    return "\n".join(lines) + "\n"


@styled
def trajectories_plot(
    methods: Mapping[str, Sequence[Trajectory]], dataset: str, levels: Mapping[str, float]
) -> str:
    """Test accuracy of the derived cell by epoch: the mean over the searches of a method, and the range of them.

    Args:
      methods: searches of equally many epochs by method.
      dataset: which accuracies.
      levels: horizontal lines with their labels, such as the optimum.
    """
    figure = new_figure(8.5, 4.6)
    axes = figure.subplots()
    for i, (method, runs) in enumerate(methods.items()):
        style = {"color": _COLOURS[i % len(_COLOURS)], "ls": _LINES[i // len(_COLOURS) % len(_LINES)]}
        series = list(zip(*(run.accuracies[dataset] for run in runs), strict=True))
        epochs = range(1, len(series) + 1)
        axes.plot(epochs, [fmean(values) for values in series], label=f"{method} (n = {len(runs)})", lw=1.5, **style)
        low, high = ([end(values) for values in series] for end in (min, max))
        axes.fill_between(epochs, low, high, color=style["color"], alpha=0.12, lw=0)
    for label, level in levels.items():
        axes.axhline(level, color="#9ca3af", lw=0.9, ls=":")
        axes.annotate(label, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=7.5)
    finish(axes, f"{dataset}: test accuracy of the derived cell (%), mean and range", legend=False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return svg_text(figure)


def _mean_std(values: Sequence[float]) -> str:
    std = f" {PLUS_MINUS} {stdev(values):.2f}" if len(values) > 1 else ""
    return f"{fmean(values):.2f}{std}"
