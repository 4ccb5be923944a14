"""What networks cost and what they are worth: plots of all rows of a data set against multiply-adds and latency."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from dartsx.catalog import RESULTS
from dartsx.cost.latency_table import BlockTable
from dartsx.report.aggregate import Row
from dartsx.report.chapters import Chapter, Picture
from dartsx.report.fronts import Trained, front_of, front_plot
from dartsx.report.latency_runs import LatencyRun
from dartsx.report.records import EvaluateRun
from dartsx.report.sections import Grid


def latency_chapter(number: int, run: LatencyRun) -> Chapter:
    """A table of latencies: what was measured, and whether it predicts."""
    table: BlockTable = run.table
    facts = [
        ("work directory", str(run.path)),
        ("device", str(run.device)),
        ("blocks", f"{len(table.times)}, batch size {table.batch_size}, {table.dtype}, images of {table.image}"),
        ("verdict", run.verdict or "no network was measured: what the table predicts is not known"),
    ]
    caption = "Predicted and measured latency of networks drawn from the space"
    pictures = (Picture(f"latency{number}_check", caption, run.plot),) if run.plot else ()
    return Chapter(f"Latency of the blocks of {run.space}", tuple(facts), None, pictures)


def front_chapters(
    rows: Sequence[Row], runs: Mapping[Path, EvaluateRun], tables: Sequence[LatencyRun]
) -> list[Chapter]:
    """For every data set with at least two rows: accuracy against multiply-adds, and against every table's latency."""
    chapters: list[Chapter] = []
    rows = [row for row in rows if row.measure == RESULTS["classification"] and math.isfinite(row.mean)]
    for dataset in sorted({row.dataset for row in rows}):
        own = [row for row in rows if row.dataset == dataset]
        chapters += _chapter(
            len(chapters) + 1, dataset, "multiply-adds (millions)", own, lambda row: fmean(row.macs) / 1e6
        )
        for table in tables:
            cost = f"predicted latency (ms), {table.space} on {table.device}"
            chapters += _chapter(len(chapters) + 1, dataset, cost, own, _latency_of(table, runs))
    return chapters


def _millions(row: Row) -> float:
    return fmean(row.macs) / 1e6


def _latency_of(table: LatencyRun, runs: Mapping[Path, EvaluateRun]) -> Callable[[Row], float | None]:
    def latency(row: Row) -> float | None:
        found = [table.latency(runs[path]) for path in row.runs]
        return None if None in found else fmean(found)

    return latency


def _chapter(
    number: int, dataset: str, cost: str, rows: Sequence[Row], of_row: Callable[[Row], float | None]
) -> list[Chapter]:
    known = [(row, value) for row in rows if (value := of_row(row)) is not None]
    if len(known) < 2:
        return []
    points = [Trained(row.method, value, 100 - row.mean) for row, value in known]
    front = front_of(points)
    lines = [
        (str(i), point.label, f"{point.cost:.4g}", f"{point.accuracy:.2f}", "yes" if point in front.points else "")
        for i, point in enumerate(sorted(points, key=lambda point: (point.cost, point.label)), start=1)
    ]
    facts = (
        ("hypervolume", f"{front.hypervolume:.2f} % of the area up to the reference point"),
        ("reference point", f"{cost} {front.reference[0]:.4g} (1.1 times the largest), accuracy 0 %"),
    )
    picture = Picture(f"front{number}_plot", f"Accuracy against {cost}", front_plot(points, dataset, cost))
    grid = Grid(("number", "network", cost, "accuracy (%)", "on the front"), tuple(lines))
    return [Chapter(f"{dataset}: accuracy against {cost.split(' (')[0]}", facts, None, (picture,), grid)]
