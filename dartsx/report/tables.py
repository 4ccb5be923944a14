"""The results as Markdown, CSV and LaTeX. Own and cited rows stand apart in all of them.

pandas is imported where it is used, so importing this module stays cheap.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from dartsx.report.aggregate import Row
from dartsx.report.published import PublishedResult
from dartsx.report.sections import PLUS_MINUS, Grid, Section

_FIRST_COLUMNS = ("dataset", "origin", "method", "n", "searches")
_LAST_COLUMNS = (
    *("best_label", "params_min", "params_max", "macs_min", "macs_max", "epochs_min", "epochs_max"),
    *("search_seconds", "search_device_days", "search_device", "settings"),
    *("source", "confidence", "note"),
)

_WRAPPED = {
    "method": "3.4cm",
    "origin": "2.2cm",
    "best (%)": "2cm",
    "search cost": "2.6cm",
    "search cost (GPU days)": "1.8cm",
    "source": "4.2cm",
    "note": "4.2cm",
    "settings that differ": "3.4cm",
}
_LATEX = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "[": "{[}",  # a row's end would take a bracket after it as its argument
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        PLUS_MINUS: r"$\pm$",
    }
)


def markdown_table(grid: Grid) -> str:
    """A grid as a Markdown table; bars and line ends inside cells are escaped."""
    marks = tuple("---" for _ in grid.columns)
    lines = [tuple(_markdown(cell) for cell in line) for line in (grid.columns, *grid.lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], marks, *lines[1:]))


def grid_csv(grid: Grid) -> str:
    """A grid as CSV, its cells as they are read."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((grid.columns, *grid.lines))
    return text.getvalue()


def csv_text(sections: Sequence[Section]) -> str:
    """All rows with plain numbers under one header; the column origin marks the published ones.

    Every measure has columns of its own, such as test_error_mean (in percent), test_error_std and test_error_best.
    Params and macs are counts, costs are in seconds and in device days. What is not finite is left empty.
    """
    import pandas as pd

    records = [_own_record(row) for section in sections for row in section.rows]
    cited = dict.fromkeys(result for section in sections for result in section.citations.results)
    records += [_cited_record(result) for result in cited]  # two data sets may cite the same
    measures = dict.fromkeys(row.measure.name for section in sections for row in section.rows)
    columns = (
        *_FIRST_COLUMNS,
        *(f"{name}_{of}" for name in measures for of in ("mean", "std", "best")),
        *_LAST_COLUMNS,
    )
    frame = pd.DataFrame(records, columns=list(columns))
    counts = [c for c in columns if c.endswith(("_min", "_max")) or c in ("n", "searches")]
    return frame.astype({c: "Int64" for c in counts}).to_csv(index=False, lineterminator="\n")


def latex_text(sections: Sequence[Section]) -> str:
    """LaTeX tables with booktabs rules, for \\input; the first line names the packages to load."""
    parts = [
        "% Needs \\usepackage{array,booktabs,longtable}; wide tables fit a landscape page (\\usepackage{pdflscape})."
    ]
    for section in sections:
        dataset, note = section.dataset, section.citations.note
        parts.append(_latex_table(section.own, f"Measured here on {dataset}."))
        if section.citations.results:
            parts.append(_latex_table(section.published, note))
        else:
            parts.append(f"% {note}\n")
    return "\n".join(parts)


def escape_latex(text: str) -> str:
    """Escape the characters that LaTeX treats specially."""
    return text.translate(_LATEX)


def _markdown(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _latex_table(grid: Grid, caption: str) -> str:
    import pandas as pd

    lines = [[escape_latex(cell) for cell in line] for line in grid.lines]
    frame = pd.DataFrame(lines, columns=[escape_latex(name) for name in grid.columns])
    ragged = r">{\raggedright\arraybackslash}p"
    formats = (f"{ragged}{{{_WRAPPED[c]}}}" if c in _WRAPPED else "l" for c in grid.columns)
    return frame.style.hide(axis="index").to_latex(
        environment="longtable",
        hrules=True,
        column_format="".join(formats),
        caption=escape_latex(caption),
    )


def _own_record(row: Row) -> dict[str, Any]:
    cost = row.cost
    return {
        "dataset": row.dataset,
        "origin": row.origin,
        "method": row.method,
        "n": row.n,
        "searches": row.searches,
        **{f"{row.measure.name}_{of}": _finite(getattr(row, of)) for of in ("mean", "std", "best")},
        "best_label": row.best_label,
        **_range("params", row.params),
        **_range("macs", row.macs),
        **_range("epochs", row.epochs),
        "search_seconds": cost.seconds if cost else None,
        "search_device_days": cost.gpu_days if cost else None,
        "search_device": cost.device if cost else None,
        "settings": row.setup or None,
    }


def _cited_record(result: PublishedResult) -> dict[str, Any]:
    return {
        "dataset": result.dataset,
        "origin": result.mark,
        "method": result.method,
        "test_error_mean": result.test_error,
        "test_error_std": result.std,
        **_range("params", (_millions(result.params_m),) * 2),
        **_range("macs", (_millions(result.macs_m),) * 2),
        "search_device_days": result.gpu_days,
        "source": result.source,
        "confidence": result.confidence,
        "note": result.note or None,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _range(name: str, pair: tuple[int | None, int | None]) -> dict[str, int | None]:
    return {f"{name}_min": pair[0], f"{name}_max": pair[1]}


def _millions(value: float | None) -> int | None:
    return None if value is None else round(value * 1e6)
