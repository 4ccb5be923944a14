"""Series to plot, from the records of a run: curves by epoch, mixtures and their entropy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log
from statistics import fmean
from typing import Any

from dartsx.report.records import AlphaEpoch, Metric, SearchRun
from dartsx.report.svg import node_name
from dartsx.spaces import DARTS, SPACES, CellSpace

Matrix = tuple[tuple[float, ...], ...]


def curve(metrics: Sequence[Metric], split: str, name: str) -> tuple[list[int], list[float]]:
    """Epochs and values of a metric; the mean where a split has several values in an epoch."""
    values: dict[int, list[float]] = {}
    for metric in metrics:
        if metric.split == split and metric.name == name:
            values.setdefault(metric.epoch, []).append(metric.value)
    epochs = sorted(values)
    return epochs, [fmean(values[epoch]) for epoch in epochs]


def splits(metrics: Sequence[Metric], name: str) -> list[str]:
    """Splits that have this metric, in the order of the data's way: train, valid, test."""
    found = {metric.split for metric in metrics if metric.name == name}
    return [split for split in ("train", "valid", "test") if split in found]


def softmax(alphas: Matrix) -> Matrix:
    """Mixture of each edge: softmax over the primitives of a row of alphas (logits)."""

    def row(logits: Sequence[float]) -> tuple[float, ...]:
        weights = [exp(logit - max(logits)) for logit in logits]
        return tuple(weight / sum(weights) for weight in weights)

    return tuple(row(logits) for logits in alphas)


def entropy(alphas: AlphaEpoch) -> float:
    """Mean entropy of the mixtures of all edges of both cells, in nats."""
    rows = softmax(alphas.normal) + softmax(alphas.reduce)
    return fmean(-sum(w * log(w) for w in row if w > 0) for row in rows)


def edge_nodes(rows: int) -> tuple[tuple[int, int], ...]:
    """(source, node) of each row of alphas, in the order of the cell space."""
    nodes = 1
    while nodes * (nodes + 3) // 2 < rows:
        nodes += 1
    edges = CellSpace(num_nodes=nodes).edges
    if len(edges) != rows:
        raise ValueError(f"alphas with {rows} rows fit no cell; allowed: 2, 5, 9, 14, 20, ...")
    return edges


def edge_labels(rows: int) -> list[str]:
    """Name of each row of alphas: "c_{k-2} to 0"."""
    return [f"{node_name(source)} to {node_name(node)}" for source, node in edge_nodes(rows)]


def primitive_labels(run: SearchRun) -> list[str]:
    """Name of each column of a run's alphas: from its space or config, else DARTS's where the count fits."""
    count = len(run.alphas[-1].normal[0])
    named = [SPACES[name].primitives for name in _values(run.config, "name") if name in SPACES and name != "darts"]
    for names in (*named, *_values(run.config, "primitives"), DARTS):
        if isinstance(names, Sequence) and not isinstance(names, str) and len(names) == count:
            return [str(name) for name in names]
    return [f"primitive {i}" for i in range(count)]


def _values(config: Mapping[str, Any], key: str) -> Iterator[Any]:
    """All values under this key, at any depth."""
    for name, value in config.items():
        if name == key:
            yield value
        elif isinstance(value, Mapping):
            yield from _values(value, key)
