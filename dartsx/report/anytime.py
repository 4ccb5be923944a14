"""What strategies had found after each query: as lines of CSV, and as a plot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dartsx.report.figure import new_figure, styled, svg_text

_COLOURS = ("#6b7280", "#2563eb", "#dc2626", "#0d9488", "#ea580c", "#7c3aed", "#65a30d", "#db2777", "#0891b2")


def anytime_csv(curves: Mapping[str, np.ndarray]) -> str:
    """A line per strategy and query: mean, sample standard deviation (empty of one search) and number of searches.

    Args:
      curves: float64 [searches, queries] by strategy; NaN where a search has found nothing yet.
    """
    lines = ["strategy,queries,mean,std,n"]
    for name, values in curves.items():
        for number, column in enumerate(values.T, start=1):
            found = column[np.isfinite(column)]
            if len(found):
                std = f"{found.std(ddof=1):.4f}" if len(found) > 1 else ""
                lines.append(f"{name},{number},{found.mean():.4f},{std},{len(found)}")
    return "\n".join(lines) + "\n"


def two_standard_errors(values: np.ndarray) -> np.ndarray:
    """Two standard errors of the mean, [queries]; NaN where fewer than two searches have found something.

    Args:
      values: float64 [searches, queries]; NaN where a search has found nothing yet.
    """
    count, found = np.isfinite(values).sum(0), np.full(values.shape[1], np.nan)
    several = count > 1
    found[several] = 2 * np.nanstd(values[:, several], 0, ddof=1) / np.sqrt(count[several])
    return found


@styled
def anytime_plot(curves: Mapping[str, np.ndarray], what: str, optimum: float | None = None) -> str:
    """Means over the searches by query, with a band of two standard errors; SVG.

    Args:
      curves: float64 [searches, queries] by strategy.
      what: label of the values.
      optimum: a horizontal line, if any.
    """
    figure = new_figure(7.5, 4.2)
    axes = figure.subplots()
    low, high = [], []
    for (name, values), colour in zip(curves.items(), _COLOURS * len(curves), strict=False):
        queries = np.arange(1, values.shape[1] + 1)
        mean, error = np.nanmean(values, 0), two_standard_errors(values)
        axes.plot(queries, mean, lw=1.5, color=colour, label=f"{name} (n = {len(values)})")
        axes.fill_between(queries, mean - error, mean + error, color=colour, alpha=0.15, lw=0)
        low.append(mean[min(9, len(mean) - 1)])
        high.append(mean.max())
    if optimum is not None:
        axes.axhline(optimum, color="#9ca3af", lw=0.8, ls=":", label=f"optimum {optimum:.2f}")
        high.append(optimum)
    room = 0.05 * (max(high) - min(low) or 1.0)
    axes.set(xlabel="queries", ylabel=what, ylim=(min(low) - room, max(high) + room))
    axes.legend(frameon=False, loc="lower right")
    axes.grid(alpha=0.25)
    return svg_text(figure)
