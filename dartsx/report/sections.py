"""The content of the tables, one section per data set: own rows first, cited rows apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dartsx.report.aggregate import Cost, Results, Row
from dartsx.report.published import Citations, PublishedResult, cite

PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
NOTHING = "-"


@dataclass(frozen=True)
class Grid:
    """A table as text: one tuple of cells per line, as many as there are columns."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One data set: rows measured here and results cited from elsewhere, never mixed; the first row is the best."""

    dataset: str
    rows: tuple[Row, ...]
    citations: Citations

    @property
    def legend(self) -> str:
        """What the numbers of its table are."""
        measure = self.rows[0].measure
        name = measure.name.replace("_", " ").capitalize() + (" in percent" if measure.unit == "%" else "")
        return (
            f'{name}: mean {PLUS_MINUS} sample standard deviation over n runs; "best of n" is the '
            f"{'highest' if measure.larger_is_better else 'lowest'} of them. Params and MACs (multiply-adds of "
            "convolutions and linear layers for one example) leave out the auxiliary head."
        )

    @property
    def own(self) -> Grid:
        """The rows measured here, as text."""
        return own_grid(self.rows)

    @property
    def published(self) -> Grid:
        """The cited results, as text."""
        return published_grid(self.citations.results)


def sections(results: Results) -> tuple[Section, ...]:
    """One section per data set, in the order of the names."""
    datasets = sorted({row.dataset for row in results.rows})
    return tuple(
        Section(name, tuple(row for row in results.rows if row.dataset == name), cite(name)) for name in datasets
    )


def own_grid(rows: Sequence[Row]) -> Grid:
    """Own rows as text: counts exact, a range "a to b" where the runs differ."""
    measure = rows[0].measure
    columns = (
        *("method", "origin", "seeds n", measure.label, f"best ({measure.unit})" if measure.unit else "best"),
        *("params", "MACs", "epochs", "search cost"),
    )
    lines = [
        (
            row.method,
            row.origin,
            f"{row.n} ({row.searches} searches)" if row.searches > 1 else str(row.n),
            score_text(row.mean, row.std),
            f"{number_text(row.best)} ({row.best_label})",
            *(_range_text(pair) for pair in (row.params, row.macs, row.epochs)),
            cost_text(row.cost),
        )
        for row in rows
    ]
    if any(row.setup for row in rows):
        columns += ("settings that differ",)
        lines = [(*line, row.setup or NOTHING) for line, row in zip(lines, rows, strict=True)]
    return Grid(columns, tuple(lines))


def published_grid(results: Sequence[PublishedResult]) -> Grid:
    """Cited rows as text, each marked as published and with its source."""
    columns = (
        *("method", "origin", "test error (%)", "params (M)", "MACs (M)"),
        *("search cost (GPU days)", "search", "source", "note"),
    )
    lines = tuple(
        (
            result.method,
            result.mark,
            score_text(result.test_error, result.std),
            *(_number(v) for v in (result.params_m, result.macs_m, result.gpu_days)),
            result.search or NOTHING,
            result.source,
            result.note or NOTHING,
        )
        for result in results
    )
    return Grid(columns, lines)


def score_text(mean: float, std: float | None) -> str:
    """A mean, with its standard deviation if there is one."""
    return number_text(mean) if std is None else f"{mean:.2f} {PLUS_MINUS} {std:.2f}"


def number_text(value: float, form: str = ".2f") -> str:
    """A figure of a result, also one that is not finite."""
    return format(value, form) if math.isfinite(value) else "not finite"


def cost_text(cost: Cost | None) -> str:
    """What one search cost: seconds on a CPU, device days elsewhere, and on which device."""
    if cost is None:
        return NOTHING
    if cost.device is None:
        days = "not recorded" if cost.gpu_days is None else f"{cost.gpu_days:.3g} device days"
        return f"{days} (device not known)"
    kind = cost.device.lower()
    if cost.gpu_days is None or "cpu" in kind:
        return f"{cost.seconds:,.0f} s ({cost.device})"
    unit = "TPU days" if "tpu" in kind else "GPU days"
    return f"{cost.gpu_days:.3g} {unit} ({cost.device})"


def _range_text(pair: tuple[int, int]) -> str:
    low, high = pair
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:g}"
