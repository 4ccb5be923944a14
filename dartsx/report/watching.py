"""The page of runs that are going on: a table of all, and curves and architecture of those that run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dartsx.report.drawings import drawings
from dartsx.report.line_chart import Line, line_chart
from dartsx.report.live import LiveRun, ago, live_runs, since
from dartsx.report.sections import NOTHING
from dartsx.report.series import curve, names, splits
from dartsx.report.templates import templates

SHOWN = 6  # runs shown in full, unless one is asked for
SECONDS = 5  # between two looks of the page
_COLOURS = {"train": "#2563eb", "valid": "#ea580c", "test": "#0d9488"}


def watch_page(folders: Sequence[Path], chosen: str = "") -> str | None:
    """The page as HTML.

    Args:
        folders: work directories, or folders that hold some.
        chosen: name of the one run that is shown in full, as the page's links have it; empty for those that run.

    Returns:
        The page; None where there is no run of that name. A name is compared with those of the runs that were found:
        it never leads to a file.
    """
    runs = live_runs(folders)
    if chosen:
        shown = [run for run in runs if str(run.path) == chosen]
        if not shown:
            return None
    else:
        shown = ([run for run in runs if run.status == "running"] or runs)[:SHOWN]
    values = {
        "runs": [_row(run) for run in runs],
        "shown": [_chapter(run) for run in shown],
        "folders": [str(folder) for folder in folders],
        "chosen": chosen,
        "seconds": SECONDS,
    }
    return templates().get_template("watch.html.j2").render(values)


def _row(run: LiveRun) -> dict[str, object]:
    last = [
        f"{split} {name} {curve(run.metrics, split, name)[1][-1]:.4g}"
        for name in names([run.metrics])
        for split in splits(run.metrics, name)[-1:]
    ]
    return {
        "name": str(run.path),
        "kind": run.record.get("kind", NOTHING),
        "method": run.record.get("method") or NOTHING,
        "dataset": run.record.get("dataset") or NOTHING,
        "seed": run.record.get("seed", NOTHING),
        "status": run.status,
        "done": run.done,
        "epochs": run.epochs,
        "last": ", ".join(last) or NOTHING,
        "left": ago(run.seconds_left) if run.seconds_left is not None else NOTHING,
        "written": since(run.written),
    }


def _chapter(run: LiveRun) -> dict[str, object]:
    charts = [
        line_chart(name, [Line(split, *curve(run.metrics, split, name), _COLOURS[split]) for split in found])
        for name in names([run.metrics])
        if (found := splits(run.metrics, name))
    ]
    pictures = drawings(run.architecture, run.config) if run.architecture else {}
    return {
        **_row(run),
        "problem": run.problem,
        "charts": charts,
        "drawings": list(pictures.values()),
        "architecture": str(run.architecture or ""),
    }
