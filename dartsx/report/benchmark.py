"""Results of searches in a tabular benchmark: a row per method, and what each had derived as the epochs went by."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from dartsx.report.aggregate import best_label
from dartsx.report.figure import finish, new_figure, styled, svg_text
from dartsx.report.sections import NOTHING, PLUS_MINUS, Grid

FALL = 5.0
_COLUMNS = 4
_MEAN, _SINGLE, _LEVEL, _FALL = "#2563eb", "#93c5fd", "#9ca3af", "#dc2626"


@dataclass(frozen=True)
class Trajectory:
    """One search: test accuracies in percent of the cell derived after each epoch, by data set, and what it cost.

    Attributes:
      seed: seed of the search.
      accuracies: data set -> one value per epoch.
      skips: skip connections of the cell of each epoch.
      cell: the last epoch's as text.
      seconds: duration of all steps; None where nothing was trained.
    """

    seed: int
    accuracies: Mapping[str, tuple[float, ...]]
    skips: tuple[int, ...]
    cell: str
    seconds: float | None = None


def fell(accuracies: Sequence[float], fall: float = FALL) -> int | None:
    """The epoch, from 1, from which on all accuracies are more than `fall` below the best before; None if none is.

    This is how the collapse of a search shows in the cells that it derives.
    """
    best = list(itertools.accumulate(accuracies, max))
    epoch = len(accuracies)
    while epoch > 1 and accuracies[epoch - 1] < best[epoch - 2] - fall:
        epoch -= 1
    return epoch + 1 if epoch < len(accuracies) else None


def summary(methods: Mapping[str, Sequence[Trajectory]], datasets: Sequence[str]) -> Grid:
    """A row per method: mean and sample standard deviation of the last epoch's cells, n, the best of n.

    Beside them, on the first data set, the best epoch's mean, labelled with that epoch, and the searches that `fell`.
    """
    columns = ("method", "n", *(f"{name} (%)" for name in datasets), f"best, {datasets[0]}")
    columns += ("best mean (epoch)", "fell (epochs)", "skips", "seconds")
    lines = []
    for method, runs in methods.items():
        last = {name: [run.accuracies[name][-1] for run in runs] for name in datasets}
        best = f"{max(last[datasets[0]]):.2f} ({best_label(len(runs))})"
        known = [run.seconds for run in runs if run.seconds is not None]
        seconds = f"{fmean(known):,.0f}" if len(known) == len(runs) else NOTHING
        course = _peak(runs, datasets[0]), _falls(runs, datasets[0])
        skips = f"{fmean(run.skips[-1] for run in runs):.1f}"
        lines.append((method, str(len(runs)), *map(_mean_std, last.values()), best, *course, skips, seconds))
    return Grid(columns, tuple(lines))


def csv_rows(methods: Mapping[str, Sequence[Trajectory]]) -> str:
    """One line per method, seed, epoch and data set."""
    lines = ["method,seed,epoch,dataset,test_accuracy,skips"]
    for method, runs in methods.items():
        for run in runs:
            for dataset, values in run.accuracies.items():
                pairs = enumerate(zip(values, run.skips, strict=True), start=1)
                lines += [f'"{method}",{run.seed},{e},{dataset},{value:.4f},{skips}' for e, (value, skips) in pairs]
    return "\n".join(lines) + "\n"


@styled
def trajectories_plot(methods: Mapping[str, Sequence[Trajectory]], dataset: str, levels: Mapping[str, float]) -> str:
    """Test accuracy of the derived cell by epoch, a panel per method: every search, their mean, and where they `fell`.

    Args:
      methods: searches by method.
      dataset: data set whose accuracies are read.
      levels: horizontal lines with their labels, such as the optimum.
    """
    columns = min(_COLUMNS, len(methods))
    rows = -(-len(methods) // columns)
    figure = new_figure(max(2.7 * columns, 6.5), 2.1 * rows + 0.6)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, (method, runs) in zip(panels, methods.items(), strict=False):
        for run in runs:
            values = run.accuracies[dataset]
            axes.plot(range(1, len(values) + 1), values, lw=0.9, color=_SINGLE)
            if epoch := fell(values):
                axes.plot([epoch], [values[epoch - 1]], "x", ms=6, color=_FALL)
        mean = _means(runs, dataset)
        axes.plot(range(1, len(mean) + 1), mean, lw=1.6, color=_MEAN)
        for level, style in zip(levels.values(), ("-", ":"), strict=False):
            axes.axhline(level, color=_LEVEL, lw=0.8, ls=style)
        finish(axes, f"{method} (n = {len(runs)})", legend=False)
    for unused in panels[len(methods) :]:
        unused.set_visible(False)
    named = ", ".join(f"{label} {level:.2f}" for label, level in levels.items())
    figure.suptitle(f"{dataset}: test accuracy (%) of the derived cell; x: fell; grey: {named}", size=9)
    return svg_text(figure)


def _means(runs: Sequence[Trajectory], dataset: str) -> list[float]:
    """Mean accuracy by epoch; a search that ended early keeps its last cell."""
    series = [run.accuracies[dataset] for run in runs]
    length = max(map(len, series))
    return [fmean(values[min(epoch, len(values) - 1)] for values in series) for epoch in range(length)]


def _peak(runs: Sequence[Trajectory], dataset: str) -> str:
    means = _means(runs, dataset)
    return f"{max(means):.2f} ({means.index(max(means)) + 1})"


def _falls(runs: Sequence[Trajectory], dataset: str) -> str:
    epochs = [epoch for run in runs if (epoch := fell(run.accuracies[dataset]))]
    return f"{len(epochs)} of {len(runs)}" + (f" ({', '.join(map(str, epochs))})" if epochs else "")


def _mean_std(values: Sequence[float]) -> str:
    std = f" {PLUS_MINUS} {stdev(values):.2f}" if len(values) > 1 else ""
    return f"{fmean(values):.2f}{std}"
