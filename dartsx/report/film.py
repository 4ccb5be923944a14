"""A search as a film: what it would have derived after each epoch, drawn, with the weights that say so beside it.

Still, it shows its last picture: the architecture that the search ended with. A little script in the page steps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dartsx.report.abridged import drawn_groups
from dartsx.report.drawings import drawings
from dartsx.report.heat_map import heat_map, kept_option, shared_options
from dartsx.report.records import SearchRun
from dartsx.report.weights import Group
from dartsx.spaces import Architecture

BESIDE = 6  # columns with options of their own in a table that can stand beside a drawing


@dataclass(frozen=True)
class Panel:
    """One drawing with its table of weights; either may be missing.

    Attributes:
        frames: the different drawings that it shows, as SVG.
        last: index of the frame that the film ends with.
        table: the weights that the film ends with, as SVG; empty for none.
        wide: whether the table is too wide to stand beside the drawing.
    """

    frames: tuple[str, ...]
    last: int
    table: str
    wide: bool = False


@dataclass(frozen=True)
class Film:
    """What a page shows of it.

    Attributes:
        title: what it shows, for readers who do not see it.
        panels: what changes.
        stops: for every epoch its label, the frame of each panel, and of each table the weights, how far they tint, and
            the columns that are kept.
    """

    title: str
    panels: tuple[Panel, ...]
    stops: tuple[Mapping[str, Any], ...]


def film_of(run: SearchRun) -> Film | None:
    """The film of a search; None where fewer than two epochs are logged, or nothing of them can be drawn."""
    shown = _shown(run)
    drawn = [drawings(architecture, run.config) for _, architecture, _ in shown]
    if len(shown) < 2 or not (drawn[-1] or run.groups):
        return None
    groups = {group.name: group for group in drawn_groups(run)}
    # A chain's one drawing stands beside the first of its tables.
    beside = {name: groups.pop(name, None) for name in drawn[-1]}
    if drawn[-1] and not any(beside.values()) and groups:
        beside[next(iter(beside))] = groups.pop(next(iter(groups)))
    pairs = [*beside.items(), *((None, group) for group in groups.values())]
    panels, stops = [], [{"label": label, "frames": [], "tables": []} for label, _, _ in shown]
    for name, group in pairs:
        pictures = [found.get(name, "") for found in drawn] if name else []
        frames = tuple(dict.fromkeys(pictures))
        for stop, (_, architecture, index), picture in zip(stops, shown, pictures or [""] * len(shown), strict=True):
            stop["frames"].append(frames.index(picture) if frames else 0)
            stop["tables"].append(_table(group, index, architecture) if group else None)
        table = _last_table(group, shown[-1]) if group else ""
        wide = group is not None and shared_options(group.rows) is None and _columns(group) > BESIDE
        panels.append(Panel(frames, stops[-1]["frames"][-1], table, wide))
    return Film(f"Architecture and weights by epoch of {run.method}, seed {run.seed}", tuple(panels), tuple(stops))


def _shown(run: SearchRun) -> list[tuple[str, Architecture, int]]:
    """Label, architecture and index of the weights at every stop; the last is what the search ended with."""
    logged = {epoch: index for index, epoch in enumerate(run.epochs)}
    shown = [
        (f"epoch {epoch} of {run.architectures[-1][0]}", architecture, logged.get(epoch, 0))
        for epoch, architecture in run.architectures
        if not run.groups or epoch in logged
    ]
    if shown and shown[-1][1] != run.genotype:
        shown.append(("what the search ended with", run.genotype, shown[-1][2]))
    return shown


def _columns(group: Group) -> int:
    return max(len(row.options) for row in group.rows)


def _top(group: Group) -> float:
    """The largest weight of all epochs: tints of different epochs can be compared."""
    return max(max(row) for table in group.weights for row in table) or 1.0


def _table(group: Group, index: int, architecture: Architecture) -> dict[str, Any]:
    columns = [len(row.options) for row in group.rows]
    weights = [weight for row, count in zip(group.weights[index], columns, strict=True) for weight in row[:count]]
    kept = [kept_option(row, architecture.choices) for row in group.rows]
    return {"weights": [round(weight, 4) for weight in weights], "top": round(_top(group), 4), "kept": kept}


def _last_table(group: Group, last: tuple[str, Architecture, int]) -> str:
    _, architecture, index = last
    title = f"{group.title}: weights"
    return heat_map(group, group.weights[index], architecture.choices, title, _top(group))
