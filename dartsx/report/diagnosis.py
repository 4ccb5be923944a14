"""Plot of a search's diagnosis by epoch: entropies, skip connections, curvature, errors, price of deriving."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dartsx.report.figure import finish, new_figure, styled, svg_text
from dartsx.report.records import Metric, SearchRun
from dartsx.report.runs import SPLIT
from dartsx.report.series import curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#2563eb", "#ea580c")
# Title -> names of the figures with their labels; a panel without any is left out.
_PANELS = {
    "dominant eigenvalue in alpha": {"eigenvalue": ""},
    "finite difference against exact": {"hypergradient_cosine": "cosine", "hypergradient_error": "relative error"},
    "accuracy, validation": {"accuracy_mixed": "mixture", "accuracy_derived": "derived cell"},
}


@styled
def diagnosis_plot(run: SearchRun) -> str:
    """All that the run's diagnosis holds."""
    names = {metric.name for metric in run.diagnosis}
    panels = {title: series for title, series in _PANELS.items() if names & set(series)}
    count = 2 + len(panels)
    figure = new_figure(3.7 * min(count, 3), 2.9 * (1 + (count > 3)))
    axes = figure.subplots(1 + (count > 3), min(count, 3), squeeze=False).ravel()
    _by_group(axes[0], run.diagnosis, "entropy", "entropy of every decision (nats)")
    _by_group(axes[1], run.diagnosis, "skips", "skip connections derived")
    for place, (title, series) in zip(axes[2:], panels.items(), strict=False):
        for colour, (name, label) in zip(_COLOURS, series.items(), strict=False):
            place.plot(*curve(run.diagnosis, SPLIT, name), "o-", ms=3, lw=1.3, color=colour, label=label)
        finish(place, title, legend=len(series) > 1)
    for unused in axes[count:]:
        unused.set_visible(False)
    return svg_text(figure)


def _by_group(axes: Axes, metrics: Sequence[Metric], prefix: str, title: str) -> None:
    """A line for every figure ``<prefix>_<group>`` or ``<prefix>_<group>_<row>``, coloured by group."""
    colours: dict[str, str] = {}
    for name in dict.fromkeys(metric.name for metric in metrics):
        if not name.startswith(f"{prefix}_"):
            continue
        group = re.sub(r"_\d+$", "", name.removeprefix(f"{prefix}_"))
        label = None if group in colours else group
        colour = colours.setdefault(group, _COLOURS[len(colours) % len(_COLOURS)])
        axes.plot(*curve(metrics, SPLIT, name), lw=1.1, color=colour, label=label)
    finish(axes, title, legend=len(colours) > 1)
