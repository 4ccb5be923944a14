"""Counts parameters, multiply-adds, activations and peak memory, the auxiliary head left out; measures latency.

``dartsx cost --config.network=mobilenet_v2 --config.image_size=224``
``dartsx cost --config.network=cifar --config.genotype=DARTS_V2 --format=json``
``dartsx cost --config.space.name=s2 --config.genotype=runs/s2``
``dartsx cost --config.network=resnet50,mobilenet_v2,imagenet:NASNet-A --latency --plot=costs.svg``
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys
from typing import TYPE_CHECKING

from absl import flags
from ml_collections import ConfigDict

from dartsx.catalog.rules import at_least, where
from dartsx.experiments.jobs import cost as job
from dartsx.experiments.settings import SettingsError, check_needed, run_main
from dartsx.experiments.settings.lists import folders
from dartsx.experiments.settings.read import read_group
from dartsx.experiments.settings.space_name import SpaceName
from dartsx.experiments.tables import show

if TYPE_CHECKING:
    from dartsx.cost import Cost
    from dartsx.report.tradeoff import Point

_FORMAT = flags.DEFINE_enum("format", "table", ["table", "json"], "table, or totals as JSON")
_ROWS = flags.DEFINE_enum(
    "rows", "auto", ["auto", "layers", "groups"], "of one network's table: auto groups the layers of cells"
)
_LATENCY = flags.DEFINE_bool("latency", False, "also measure latency on the present device (compiles the network)")
_BATCH = flags.DEFINE_integer("batch", 1, "images per call when latency is measured", lower_bound=1)
_REPEATS = flags.DEFINE_integer("repeats", 30, "calls measured after three others", lower_bound=2)
_PLOT = flags.DEFINE_string("plot", None, "SVG file to draw accuracy against multiply-adds to")
_RUNS = flags.DEFINE_multi_string(
    "runs", [], "work directories of evaluations for the plot, or patterns, separated by commas"
)
_DATASET = flags.DEFINE_string("dataset", None, "whose accuracies the plot shows; by default by the networks")


@dataclasses.dataclass(frozen=True)
class CostSettings:
    """The config: which networks, of which genotype (some have none), for which images; or the network of a space."""

    space: SpaceName
    network: str
    genotype: str
    image_size: int | None = where(at_least(0))


def main(config: ConfigDict) -> None:
    """Prints the costs."""
    check_needed(_LATENCY, _BATCH, _REPEATS)
    check_needed(_PLOT, _RUNS, _DATASET)
    settings = read_group(CostSettings, _named(config))
    if settings.space.name:
        subjects = [job.space_subject(settings.space.name, settings.genotype, settings.image_size)]
    else:
        subjects = job.read_subjects(settings.network, settings.genotype, settings.image_size)
    if _LATENCY.value:
        _check_timed(subjects)
    costs = [subject.cost() for subject in subjects]
    latencies = [_measured(subject) for subject in subjects]
    if _PLOT.value:
        _write_plot(subjects, costs)
    if _FORMAT.value == "json":
        records = [job.record(*row) for row in zip(subjects, costs, latencies, strict=True)]
        print(json.dumps(records[0] if len(records) == 1 else records))
        return
    if len(subjects) == 1:
        table = job.layer_table(subjects[0], costs[0], latencies[0], _rows(subjects[0], costs[0]))
    else:
        table = job.comparison(subjects, costs, latencies)
    show(table)


def _named(config: ConfigDict) -> ConfigDict:
    """The config with several networks, which a file may list, as one text."""
    if isinstance(config.network, (list, tuple)):
        config = ConfigDict({**config, "network": ",".join(map(str, config.network))})
    return config


def _rows(subject: job.Subject, cost: Cost):
    grouped = _ROWS.value == "groups" or (_ROWS.value == "auto" and bool(subject.description.labels))
    return cost.groups() if grouped else cost.rows


def _check_timed(subjects: list[job.Subject]) -> None:
    for subject in subjects:
        if subject.description.reads != "images":
            raise SettingsError(f"--latency: {subject.label} reads {subject.description.reads}; images alone are timed")


def _measured(subject: job.Subject):
    if not _LATENCY.value:
        return None
    from dartsx.cost.latency import measure_latency, uniform_mixture

    module = subject.module()
    mixture = {"mixture": uniform_mixture(module.space)} if subject.kind == "supernet" else {}
    return measure_latency(module, subject.size, _BATCH.value, _REPEATS.value, **mixture)


def _write_plot(subjects: list[job.Subject], costs: list[Cost]) -> None:
    from dartsx.report import published_points, tradeoff

    dataset = _DATASET.value or job.dataset(subjects)
    exact = {point.label: job.exact_name(point.label) for point in published_points(dataset)}
    wanted = {subject.label for subject in subjects}
    points = published_points(dataset, {label for label, name in exact.items() if name in wanted})
    points += _own_points(dataset) if _RUNS.value else []
    try:
        text = tradeoff(dataset, points, job.not_drawn(subjects, costs, set(exact.values())))
    except ValueError as error:
        raise SettingsError(f"--plot={_PLOT.value}: {error}") from error
    path = pathlib.Path(_PLOT.value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"plot: {path}", file=sys.stderr)


def _own_points(dataset: str) -> list[Point]:
    from dartsx.report import aggregate, own_points, read_runs

    rows = aggregate(read_runs(folders(_RUNS.value)).evaluates).rows
    points = own_points(dataset, rows)
    if not points:
        others = ", ".join(sorted({row.dataset for row in rows}))
        problem = f"they are on {others}, which --dataset can name" if others else "they are no finished evaluations"
        print(f"--runs: none is on {dataset}; {problem}", file=sys.stderr)
    return points


if __name__ == "__main__":
    run_main(main, config="cost.py")
