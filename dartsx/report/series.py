"""Series to plot, from the records of a run: curves by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from dartsx.report.records import Metric


def curve(metrics: Sequence[Metric], split: str, name: str) -> tuple[list[int], list[float]]:
    """Epochs and values of a metric; the mean where a split has several values in an epoch."""
    values: dict[int, list[float]] = {}
    for metric in metrics:
        if metric.split == split and metric.name == name:
            values.setdefault(metric.epoch, []).append(metric.value)
    epochs = sorted(values)
    return epochs, [fmean(values[epoch]) for epoch in epochs]


def names(runs: Sequence[Sequence[Metric]]) -> list[str]:
    """Names of the metrics of some runs, the loss first."""
    found = dict.fromkeys(metric.name for metrics in runs for metric in metrics)
    return ["loss", *(name for name in found if name != "loss")]


def splits(metrics: Sequence[Metric], name: str) -> list[str]:
    """Splits that have this metric, in the order of the data's way: train, valid, test."""
    found = {metric.split for metric in metrics if metric.name == name}
    return [split for split in ("train", "valid", "test") if split in found]
