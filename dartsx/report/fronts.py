"""Accuracy against a cost over all rows of a data set: the Pareto front, and the area that it dominates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dartsx.report.figure import new_figure, styled, svg_text

SLACK = 1.1  # the reference point costs this many times the most expensive


class Trained(NamedTuple):
    """A row of the table in the plot: its name, its cost, and its accuracy in percent."""

    label: str
    cost: float
    accuracy: float


class Front(NamedTuple):
    """What no other row beats.

    Attributes:
      points: rows more accurate than all that cost no more, by cost.
      reference: (cost, accuracy) to which the hypervolume is taken.
      hypervolume: area that the points dominate, in percent of the rectangle from cost 0 to the reference and from its
        accuracy to 100 %.
    """

    points: tuple[Trained, ...]
    reference: tuple[float, float]
    hypervolume: float


def front_of(points: Sequence[Trained]) -> Front:
    """The Pareto front and its hypervolume; the reference is 1.1 times the largest cost, with accuracy 0."""
    best: list[Trained] = []
    for point in sorted(points, key=lambda point: (point.cost, -point.accuracy, point.label)):
        if not best or point.accuracy > best[-1].accuracy:
            best.append(point)
    worst = SLACK * max(point.cost for point in points)
    ends = [*(point.cost for point in best[1:]), worst]
    area = sum(point.accuracy * (end - point.cost) for point, end in zip(best, ends, strict=True))
    return Front(tuple(best), (worst, 0.0), area / worst)


@styled
def front_plot(points: Sequence[Trained], title: str, cost: str) -> str:
    """The rows, the front as a staircase, and the hypervolume with its reference point; as SVG.

    Args:
      points: at least one.
      title: what was trained.
      cost: name and unit of the cost.
    """
    front = front_of(points)
    figure = new_figure(6.4, 4.4)
    axes = figure.subplots()
    held = set(front.points)
    rest = [point for point in points if point not in held]
    axes.scatter([p.cost for p in rest], [p.accuracy for p in rest], s=26, color="#94a3b8", label="dominated")
    xs, ys = [p.cost for p in front.points], [p.accuracy for p in front.points]
    axes.step([*xs, front.reference[0]], [*ys, ys[-1]], where="post", color="#ea580c", lw=1.2, alpha=0.7)
    axes.scatter(xs, ys, s=42, color="#ea580c", zorder=3, label="Pareto front")
    for i, point in enumerate(sorted(points, key=lambda point: (point.cost, point.label)), start=1):
        axes.annotate(str(i), (point.cost, point.accuracy), xytext=(5, 4), textcoords="offset points", fontsize=8)
    axes.set_xlim(0, front.reference[0])
    axes.set_xlabel(cost)
    axes.set_ylabel("test accuracy (%)")
    area = f"hypervolume {front.hypervolume:.2f} % to the reference ({front.reference[0]:.4g}, accuracy 0)"
    axes.set_title(f"{title}\n{area}", loc="left", weight="bold")
    axes.grid(alpha=0.25, lw=0.6)
    axes.legend(frameon=False, loc="best")
    return svg_text(figure)
