"""The report of compared spaces: distributions of errors, intervals, which space is better, the best networks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dartsx.report.chapters import Chapter, Picture, page_of
from dartsx.report.distribution import (
    RESAMPLES,
    Comparison,
    Errors,
    Interval,
    band,
    by_complexity,
    compare,
    equal_weights,
    grid,
    mean_interval,
)
from dartsx.report.errors import RunError
from dartsx.report.figure import new_figure, styled, svg_text
from dartsx.report.sections import Grid
from dartsx.report.tables import markdown_table

COLOURS = ("#2563eb", "#dc2626", "#0d9488", "#ea580c", "#7c3aed", "#65a30d")
BEST = 5  # networks of each space that are named
Records = Mapping[str, Sequence[Mapping[str, Any]]]


class DesignPaths(NamedTuple):
    """The files of a report, and its tables as text for a terminal."""

    html: Path
    markdown: Path
    json: Path
    figure: Path
    text: str


class Compared(NamedTuple):
    """All that is said of the spaces.

    Attributes:
      errors: errors and weights by space.
      means: mean error of each.
      pairs: comparisons by (first, second).
    """

    errors: dict[str, Errors]
    means: dict[str, Interval]
    pairs: dict[tuple[str, str], Comparison]


def compared(spaces: Records, bins: int = 1) -> Compared:
    """Compares all pairs.

    Args:
      spaces: records with ``test_error`` (percent) and ``macs`` by space.
      bins: bins of equal width over the multiply-adds of all spaces that count alike; 1 for none.

    Raises:
      RunError: no network of a space was trained, or a bin holds fewer than two of a space.
    """
    for name, records in spaces.items():
        if not records:
            raise RunError(f"no network of {name} was trained")
    macs = {name: [record["macs"] for record in records] for name, records in spaces.items()}
    edges = np.linspace(min(map(min, macs.values())), max(map(max, macs.values())), bins + 1)
    errors = {}
    for name, records in spaces.items():
        found = [record["test_error"] for record in records]
        errors[name] = by_complexity(found, macs[name], edges) if bins > 1 else equal_weights(found)
    pairs = {pair: compare(*(errors[name] for name in pair)) for pair in itertools.combinations(errors, 2)}
    return Compared(errors, {name: mean_interval(found) for name, found in errors.items()}, pairs)


def write_design(spaces: Records, facts: Mapping[str, str], folder: Path, bins: int = 1) -> DesignPaths:
    """Writes design.html (which holds its picture), design.md, design.json and edf.svg.

    Args:
      spaces: records of the networks by space.
      facts: how they were drawn and trained, by name.
      folder: where to.
      bins: see `compared`.

    Raises:
      RunError: see `compared`.
    """
    found = compared(spaces, bins)
    facts = {**facts, "intervals": f"95%, {RESAMPLES} bootstrap samples of the networks"}
    if bins > 1:
        fewest = min(int(np.bincount(errors.bins).min()) for errors in found.errors.values())
        facts["intervals"] += ", drawn within bins"
        facts["weights"] = f"{bins} bins of multiply-adds count alike; fewest networks of a space in a bin: {fewest}"
    figure = distributions_plot(spaces, found)
    tables = {"Spaces": _spaces(spaces, found), "Best networks": _best(spaces)}
    if found.pairs:
        tables = {"Spaces": tables["Spaces"], "Comparison": _pairs(found), "Best networks": tables["Best networks"]}
    paths = [folder / name for name in ("design.html", "design.md", "design.json", "edf.svg")]
    texts = (_html(facts, tables, figure), _markdown(facts, tables), _json(spaces, facts, found), figure)
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return DesignPaths(*paths, _markdown({}, tables))


@styled
def distributions_plot(spaces: Records, found: Compared) -> str:
    """F of every space with its bootstrap band, and every network by multiply-adds and error; SVG."""
    figure = new_figure(11.0, 4.2)
    left, right = figure.subplots(1, 2)
    at = grid(found.errors)
    for (name, errors), colour in zip(found.errors.items(), itertools.cycle(COLOURS)):
        low, high = band(errors, at)
        label = f"{name} (n = {len(errors.errors)}, mean {errors.mean:.2f})"
        left.step(at, errors.below(at), where="post", color=colour, lw=1.5, label=label)
        left.fill_between(at, low, high, step="post", color=colour, alpha=0.15, lw=0)
        macs = [record["macs"] for record in spaces[name]]
        right.scatter(macs, errors.errors, s=9, color=colour, alpha=0.6, lw=0, label=name)
    left.set(xlabel="test error e (%)", ylabel="share of networks with error at most e", ylim=(0, 1.02))
    right.set(xlabel="multiply-adds", ylabel="test error (%)", xscale="log")
    left.legend(frameon=False, loc="lower right")
    for axes in (left, right):
        axes.grid(alpha=0.25)
    return svg_text(figure)


def _spaces(spaces: Records, found: Compared) -> Grid:
    columns = ("space", "networks", "mean error (%)", "95%", "median", "best", "multiply-adds", "s a network")
    lines = []
    for name, records in spaces.items():
        errors, macs = found.errors[name], [record["macs"] for record in records]
        mean, seconds = found.means[name], np.mean([record["seconds"] for record in records])
        figures = (f"{mean.value:.2f}", _range(mean), f"{errors.median:.2f}", f"{errors.errors.min():.2f}")
        lines.append((name, str(len(records)), *figures, f"{min(macs):,} to {max(macs):,}", f"{seconds:.2f}"))
    return Grid(columns, tuple(lines))


def _pairs(found: Compared) -> Grid:
    columns = ("spaces", "difference of means", "95%", "largest distance", "p", "result")
    lines = [
        (
            f"{first} - {second}",
            f"{pair.difference.value:+.2f}",
            _range(pair.difference),
            f"{pair.distance:.3f}",
            f"{pair.p_value:.4f}",
            pair.verdict(first, second),
        )
        for (first, second), pair in found.pairs.items()
    ]
    return Grid(columns, tuple(lines))


def _best(spaces: Records) -> Grid:
    lines = []
    for name, records in spaces.items():
        for record in sorted(records, key=lambda record: (record["test_error"], record["macs"]))[:BEST]:
            lines.append((name, f"{record['test_error']:.2f}", f"{record['macs']:,}", record["text"]))
    return Grid(("space", "error (%)", "multiply-adds", "architecture"), tuple(lines))


def _range(interval: Interval) -> str:
    return f"{interval.low:.2f} to {interval.high:.2f}"


def _html(facts: Mapping[str, str], tables: Mapping[str, Grid], figure: str) -> str:
    caption = (
        "Left: share of the networks of a space with at most this error, higher is better; bands: 95% bootstrap. "
        "Right: every network."
    )
    head = Chapter("Distributions of errors", tuple(facts.items()), None, (Picture("edf", caption, figure),))
    return page_of("Spaces compared", [head, *(Chapter(name, (), None, (), table) for name, table in tables.items())])


def _markdown(facts: Mapping[str, str], tables: Mapping[str, Grid]) -> str:
    head = ["# Spaces compared", "", *(f"- {name}: {value}" for name, value in facts.items()), ""] if facts else []
    parts = [f"## {title}\n\n{markdown_table(table)}\n" for title, table in tables.items()]
    picture = ["![Distributions of errors](edf.svg)", ""] if facts else []
    return "\n".join((*head, *picture, *parts))


def _json(spaces: Records, facts: Mapping[str, str], found: Compared) -> str:
    means = {name: {"n": len(spaces[name]), **mean._asdict()} for name, mean in found.means.items()}
    pairs = [
        {
            "first": first,
            "second": second,
            "difference": pair.difference._asdict(),
            "distance": pair.distance,
            "p_value": pair.p_value,
            "higher": pair.higher,
            "result": pair.verdict(first, second),
        }
        for (first, second), pair in found.pairs.items()
    ]
    document = {"schema": 1, "facts": dict(facts), "mean_error": means, "pairs": pairs, "networks": dict(spaces)}
    return json.dumps(document, indent=1) + "\n"
