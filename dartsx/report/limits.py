"""Spaces compared by the multiply-adds of their networks that fit a device (TinyNAS, arXiv:2007.10319, section 3.2)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dartsx.report.figure import new_figure, styled, svg_text
from dartsx.report.sections import Grid

COLOURS = ("#dc2626", "#2563eb", "#0d9488", "#ea580c", "#7c3aed", "#65a30d", "#db2777", "#0891b2", "#a16207", "#475569")
SHOWN = len(COLOURS)  # spaces in the plot
TOP = 80  # percentile


class Fitting(NamedTuple):
    """The networks drawn from a space that fit.

    Attributes:
      name: name of the space.
      drawn: number of networks drawn.
      macs: multiply-adds of those that fit, int64 [n].
      published: mean that the paper prints, millions; None where it prints none.
    """

    name: str
    drawn: int
    macs: np.ndarray
    published: float | None

    @property
    def mean(self) -> float:
        """Mean multiply-adds, millions; 0 where none fits."""
        return float(self.macs.mean()) / 1e6 if len(self.macs) else 0.0

    @property
    def top(self) -> float:
        """Multiply-adds that a fifth exceeds, millions; 0 where none fits."""
        return float(np.percentile(self.macs, TOP)) / 1e6 if len(self.macs) else 0.0


def ranking(spaces: Sequence[Fitting]) -> list[Fitting]:
    """Largest mean first: the paper's rule for the best space."""
    return sorted(spaces, key=lambda space: -space.mean)


def limits_grid(spaces: Sequence[Fitting], count: int | None = None) -> Grid:
    """The ranking as a table; the first `count`, and all that the paper prints."""
    columns = ("rank", "space", "fit", "mean (M)", "a fifth above (M)", "published mean (M)", "difference")
    lines = []
    for rank, space in enumerate(ranking(spaces), 1):
        if count is not None and rank > count and space.published is None:
            continue
        printed, difference = "-", "-"
        if space.published is not None:
            printed, difference = f"{space.published:.1f}", f"{space.mean / space.published - 1:+.0%}"
        share = f"{len(space.macs) / space.drawn:.1%}"
        lines.append((str(rank), space.name, share, f"{space.mean:.1f}", f"{space.top:.1f}", printed, difference))
    return Grid(columns, tuple(lines))


def limits_json(spaces: Sequence[Fitting], facts: Mapping[str, Any]) -> str:
    """Ranking and facts for programs."""
    rows = [
        {"space": s.name, "drawn": s.drawn, "fit": len(s.macs), "mean": s.mean, "top": s.top, "published": s.published}
        for s in ranking(spaces)
    ]
    return json.dumps({"schema": 1, **facts, "spaces": rows}, indent=1) + "\n"


@styled
def limits_plot(spaces: Sequence[Fitting]) -> str:
    """Cumulative distributions of the multiply-adds of the best spaces; SVG."""
    figure = new_figure(7.5, 4.4)
    axes = figure.subplots()
    for space, colour in zip(itertools.islice(ranking(spaces), SHOWN), COLOURS, strict=False):
        macs = np.sort(space.macs) / 1e6
        if len(macs):
            label = f"{space.name} (mean {space.mean:.1f}M)"
            axes.step(macs, np.arange(1, len(macs) + 1) / len(macs), where="post", color=colour, lw=1.4, label=label)
    axes.set(xlabel="multiply-adds (millions)", ylabel="share of the networks that fit", ylim=(0, 1.02))
    axes.legend(frameon=False, loc="lower right", fontsize=7)
    axes.grid(alpha=0.25)
    return svg_text(figure)
