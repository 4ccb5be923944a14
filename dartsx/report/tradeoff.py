"""Accuracy against multiply-adds: published results and own runs in one plot, with the Pareto front marked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from dartsx.report import label_placement
from dartsx.report.aggregate import Row
from dartsx.report.figure import styled, svg_text
from dartsx.report.published import SECOND_HAND, PublishedResult, cite, dataset_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Kinds of points, in the order in which their labels choose places.
OWN, NAMED, PRINTED, QUOTED, WEIGHTS = (
    "measured here",
    "published, named here",
    "published",
    "published, second-hand",
    "torchvision's pretrained weights",
)
_MARKERS = {
    OWN: {"marker": "*", "s": 110, "facecolors": "#ea580c", "edgecolors": "#7c2d12"},
    NAMED: {"marker": "D", "s": 34, "facecolors": "#2563eb", "edgecolors": "#1e3a8a"},
    PRINTED: {"marker": "o", "s": 20, "facecolors": "#64748b", "edgecolors": "#64748b"},
    QUOTED: {"marker": "o", "s": 20, "facecolors": "white", "edgecolors": "#64748b"},
    WEIGHTS: {"marker": "s", "s": 17, "facecolors": "#a8a29e", "edgecolors": "#78716c"},
}
_INK = {OWN: "#9a3412", NAMED: "#1e3a8a"}
_LIBRARY = "torchvision "


class Point(NamedTuple):
    """One network in the plot: multiply-adds in millions, accuracy in percent, and which kind of figure it is."""

    label: str
    macs_m: float
    accuracy: float
    kind: str


def published_points(dataset: str, named: Iterable[str] = ()) -> list[Point]:
    """Published results for a data set whose multiply-adds are known.

    Args:
      dataset: the name by which runs or `published_results` call it.
      named: labels to stand out, such as "resnet50".
    """
    named = set(named)
    points = []
    for result in cite(dataset).results:
        if result.macs_m is not None:
            label = result.method.removeprefix(_LIBRARY)
            kind = NAMED if label in named else _kind(result)
            points.append(Point(label, result.macs_m, 100 - result.test_error, kind))
    return points


def _kind(result: PublishedResult) -> str:
    if result.method.startswith(_LIBRARY):
        return WEIGHTS
    return QUOTED if result.confidence == SECOND_HAND else PRINTED


def own_points(dataset: str, rows: Iterable[Row]) -> list[Point]:
    """Own results for the data set or copies of it: mean accuracy, and of how many runs it is the mean."""
    points = []
    for row in rows:
        shown = row.measure.name == "test_error" and math.isfinite(row.mean)
        if shown and dataset_name(row.dataset) == dataset_name(dataset):
            setup = f", {row.setup}" if row.setup else ""
            label = f"{row.method}{setup} (n={row.n}, {row.dataset})"
            points.append(Point(label, fmean(row.macs) / 1e6, 100 - row.mean, OWN))
    return points


def pareto(points: Iterable[Point]) -> list[Point]:
    """Points that no other has beaten: more accurate than all that need no more multiply-adds."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.macs_m, -point.accuracy, point.label)):
        if not front or point.accuracy > front[-1].accuracy:
            front.append(point)
    return front


@styled
def tradeoff(dataset: str, points: Sequence[Point], note: str = "") -> str:
    """Draw accuracy against multiply-adds on a logarithmic axis, with labels that do not overlap.

    Own and published results come from different training, so each has a Pareto front of its own. Where there is no
    place for a label beside its point, a number stands for it, and a key gives name and figures (in the densest places
    the key alone). The same points give the same text.

    Args:
      dataset: name of the data set, for the title.
      points: results of `published_points` and `own_points`, at least one.
      note: a line below the axis.

    Returns:
      A complete SVG document as text.

    Raises:
      ValueError: there is no point to draw.
    """
    from matplotlib.figure import Figure

    if not points:
        raise ValueError(f"nothing to draw: no result on {dataset} has known multiply-adds")
    figure = Figure(figsize=(16, 11), dpi=100)
    axes = figure.add_axes((0.045, 0.085, 0.755, 0.875))
    fronts = [pareto(p for p in points if p.kind != OWN), pareto(p for p in points if p.kind == OWN)]
    for front, colour, of in zip(fronts, ("#334155", "#ea580c"), ("published results", "own runs"), strict=True):
        if front:
            xs, ys = [point.macs_m for point in front], [point.accuracy for point in front]
            axes.plot(xs, ys, color=colour, lw=1.2, alpha=0.6, zorder=1, label=f"Pareto front of {of}")
    for kind, marker in _MARKERS.items():
        group = [point for point in points if point.kind == kind]
        if group:
            xs, ys = [point.macs_m for point in group], [point.accuracy for point in group]
            axes.scatter(xs, ys, label=kind, zorder=3, linewidths=1.0, **marker)
    _scales(axes, points)
    axes.set_xlabel("multiply-adds of one image, millions" + (f"\n{note}" if note else ""))
    axes.set_title(f"{dataset_name(dataset)}: top-1 accuracy in percent", loc="left", weight="bold")
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False, borderaxespad=0)
    _write_labels(axes, points, fronts)
    return svg_text(figure)


def _scales(axes: Axes, points: Sequence[Point]) -> None:
    from matplotlib.ticker import LogLocator, StrMethodFormatter

    xs, ys = [point.macs_m for point in points], [point.accuracy for point in points]
    span = max(ys) - min(ys) or 1.0
    axes.set_xscale("log")
    axes.set_xlim(min(xs) / 1.35, max(xs) * 1.7)
    axes.set_ylim(min(ys) - 0.08 * span, max(ys) + 0.08 * span)
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter("")
    axes.grid(alpha=0.25, lw=0.6)


def _write_labels(axes: Axes, points: Sequence[Point], fronts: Sequence[Sequence[Point]]) -> None:
    """Labels beside their points, in bold on a front; a number where there is no place, with a key on the right."""
    bold = {point for front in fronts for point in front}
    kinds = list(_MARKERS)
    points = sorted(points, key=lambda p: (p not in bold, kinds.index(p.kind), p.macs_m, p.accuracy, p.label))
    lines = [label_placement.square(*xy, 2.0) for front in fronts for xy in _along(axes, front)]
    placed = _write(axes, points, [point.label for point in points], bold, lines, [])
    standing = [(label, box) for label, box in placed if box]
    without = sorted((p for p, (_, box) in zip(points, placed, strict=True) if not box), key=lambda p: p.macs_m)
    numbers = [str(i) for i in range(1, len(without) + 1)]
    numbered = _write(axes, without, numbers, bold, lines, standing, distances=label_placement.FAR, over_points=True)
    key = "\n".join(
        f"{number if box else '-'}  {point.label}: {point.accuracy:.1f} at {point.macs_m:,.0f}"
        for number, point, (_, box) in zip(numbers, without, numbered, strict=True)
    )
    axes.figure.text(0.815, 0.8, key, fontsize=8, va="top", color="#334155")


def _write(
    axes: Axes,
    points: Sequence[Point],
    texts: Sequence[str],
    bold: set[Point],
    blocked: Sequence[label_placement.Box],
    standing: Sequence[tuple[label_placement.Label, label_placement.Box]],
    **options: Any,
) -> list[tuple[label_placement.Label, label_placement.Box | None]]:
    """Writes the texts that find a place beside their points; their sizes, and where they stand, in pixels.

    `blocked`, `standing` and `options` are those of `label_placement.place`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    written, wanted = [], []
    for point, text in zip(points, texts, strict=True):
        heavy = point in bold or point.kind in _INK
        style = {"weight": "bold" if heavy else "normal", "color": _INK.get(point.kind, "#334155"), "fontsize": 7}
        written.append(axes.text(point.macs_m, point.accuracy, text, ha="left", va="bottom", zorder=4, **style))
        box = written[-1].get_window_extent(renderer)
        wanted.append(
            label_placement.Label(*axes.transData.transform((point.macs_m, point.accuracy)), box.width, box.height)
        )
    frame = axes.get_window_extent(renderer)
    area = label_placement.Box(frame.x0 + 4, frame.y0 + 4, frame.x1, frame.y1)
    boxes = label_placement.place(wanted, area, blocked, standing, **options)
    back = axes.transData.inverted()
    for text, label, box in zip(written, wanted, boxes, strict=True):
        if box is None:
            text.remove()
            continue
        text.set_position(back.transform((box.left, box.bottom)))
        line = label_placement.leader(label, box)
        if line:
            xs, ys = zip(*(back.transform(end) for end in line), strict=True)
            axes.plot(xs, ys, color="#94a3b8", lw=0.5, zorder=2)
    return list(zip(wanted, boxes, strict=True))


def _along(axes: Axes, front: Sequence[Point]) -> list[tuple[float, float]]:
    """Pixels on the line through a front, no more than four apart."""
    ends = [axes.transData.transform((point.macs_m, point.accuracy)) for point in front]
    pixels = []
    for start, end in zip(ends, ends[1:], strict=False):
        steps = int(max(abs(end - start)) / 4) + 1
        pixels += [tuple(start + (end - start) * i / steps) for i in range(steps)]
    return pixels
