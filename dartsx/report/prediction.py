"""How well a table of latencies predicts networks: figures, a verdict in words, and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dartsx.report.figure import new_figure, styled, svg_text

LEAST_SPEARMAN, MOST_ERROR = 0.9, 10.0
"""A table predicts if it ranks networks with at least this correlation and is off by at most so many percent."""


class Prediction(NamedTuple):
    """Predicted against measured latency of some networks.

    Attributes:
      networks: their number.
      pearson: Pearson's correlation; NaN of fewer than 3 networks or of equal ones.
      spearman: Pearson's correlation of the ranks.
      error: mean absolute percentage error of the prediction.
      ratio: median of measured over predicted latency.
    """

    networks: int
    pearson: float
    spearman: float
    error: float
    ratio: float

    @property
    def holds(self) -> bool:
        """Whether the table predicts."""
        return self.spearman >= LEAST_SPEARMAN and self.error <= MOST_ERROR

    def __str__(self) -> str:
        bound = f"Spearman at least {LEAST_SPEARMAN:g}, mean error at most {MOST_ERROR:g} %"
        verdict = f"the table {'predicts' if self.holds else 'does NOT predict'} these networks ({bound})"
        return (
            f"{verdict}: {self.networks} networks, Pearson {self.pearson:.3f}, Spearman {self.spearman:.3f}, mean "
            f"absolute error {self.error:.1f} %, measured over predicted {self.ratio:.2f} (median)"
        )


def prediction(predicted: Sequence[float], measured: Sequence[float]) -> Prediction:
    """The figures of networks whose latency was predicted and measured, in one unit."""
    x, y = np.asarray(predicted, float), np.asarray(measured, float)
    error = 100 * float(np.mean(np.abs(x - y) / y))
    return Prediction(len(x), _correlation(x, y), _correlation(_ranks(x), _ranks(y)), error, float(np.median(y / x)))


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    if len(x) < 3 or not (np.ptp(x) and np.ptp(y)):
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values share their mean rank."""
    return np.array([(np.sum(values < value) + np.sum(values <= value) - 1) / 2 for value in values])


@styled
def prediction_plot(
    predicted: Sequence[float], measured: Sequence[float], spread: Sequence[tuple[float, float]], title: str
) -> str:
    """Measured latency over predicted latency with the quartiles of the measurement, and the diagonal; as SVG.

    Args:
      predicted: milliseconds.
      measured: milliseconds, medians.
      spread: first and third quartile of every measurement.
      title: what was measured where.
    """
    found = prediction(predicted, measured)
    figure = new_figure(5.2, 4.6)
    axes = figure.subplots()
    top = 1.05 * max(*predicted, *measured)
    axes.plot([0, top], [0, top], color="#94a3b8", lw=1.0, zorder=1, label="measured = predicted")
    bars = np.abs(np.array(spread).T - np.asarray(measured))
    axes.errorbar(
        predicted, measured, yerr=bars, fmt="o", ms=4.5, lw=0.8, color="#2563eb", ecolor="#93c5fd",
        label="networks, with quartiles",
    )  # fmt: skip
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)  # quartiles of a busy machine may lie far above
    axes.set_xlabel("predicted: sum over the blocks (ms)")
    axes.set_ylabel("measured (ms)")
    correlations = f"Pearson {found.pearson:.3f}, Spearman {found.spearman:.3f}, mean error {found.error:.1f} %"
    axes.set_title(f"{title}\n{correlations}", loc="left", weight="bold")
    axes.grid(alpha=0.25, lw=0.6)
    axes.legend(frameon=False, loc="upper left")
    return svg_text(figure)
