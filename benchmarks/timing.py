"""Medians, spreads, and turns: what is compared is measured alternately, so that a slow minute hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple


class Timing(NamedTuple):
    """Seconds of one step: the median, the quartiles as spread, and how many were measured."""

    median: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{seconds(self.median)} ({seconds(self.low)} to {seconds(self.high)}, n={self.count})"


def seconds(value: float) -> str:
    """Four digits, in ms below one second."""
    return f"{value:.4g} s" if value >= 1 else f"{1e3 * value:.4g} ms"


def summary(values: Sequence[float]) -> Timing:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Timing(values[0], values[0], values[0], 1)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Timing(middle, low, high, len(values))


def in_turns(
    measure: Mapping[str, Callable[[int], Iterable[float]]], rounds: int, block: int
) -> dict[str, list[list[float]]]:
    """Asks each for `block` values, one after the other, `rounds` times: name -> rounds -> values."""
    blocks: dict[str, list[list[float]]] = {name: [] for name in measure}
    for _ in range(rounds):
        for name, ask in measure.items():
            blocks[name].append(list(ask(block)))
    return blocks


def merged(blocks: Sequence[Sequence[float]]) -> Timing:
    """Summary of all values of all rounds."""
    return summary([value for block in blocks for value in block])


def ratio_by_round(over: Sequence[Sequence[float]], under: Sequence[Sequence[float]]) -> Timing:
    """Ratio of the medians of each round, summarised: how far the ratio can be trusted."""
    return summary([statistics.median(a) / statistics.median(b) for a, b in zip(over, under, strict=True)])
