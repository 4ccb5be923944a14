"""Scores on record: a search that was cut off gets from the log what it had been told, and goes on behind it."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Mapping, Sequence

from dartsx.objectives.objective import Measure, Objective, Scores
from dartsx.runtime import JsonLines, read_records, truncate_after
from dartsx.spaces import Architecture, from_json, to_json


class LogError(ValueError):
    """A log that another search has written."""


class Logged:
    """An objective that appends all scores to a file, and at first reads those which are there already.

    As strategies are deterministic, a log that was cut off anywhere and continued is the log of one run, byte for byte.
    A line: ``{"query": 0, "architecture": {...}, "budget": 12, "scores": {...}}``.

    Attributes:
      objective: what scores.
      path: the file.

    Raises LogError where a line holds another architecture or budget than is asked for.
    """

    def __init__(self, objective: Objective, path: str | os.PathLike):
        self.objective, self.path = objective, pathlib.Path(path)
        truncate_after(self.path, "query", float("inf"))  # half a line
        self._known = read_records(self.path)
        self._asked = itertools.count()

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures of the objective."""
        return self.objective.measures

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Scores from the log, and of those that are not there from the objective."""
        numbers = [next(self._asked) for _ in architectures]
        known = [self._read(n, a, budget) for n, a in zip(numbers, architectures, strict=True) if n < len(self._known)]
        new = architectures[len(known) :]
        scores = self.objective(new, budget) if new else []
        with JsonLines(self.path) as log:
            for number, architecture, found in zip(numbers[len(known) :], new, scores, strict=True):
                log.append({"query": number, "architecture": to_json(architecture), "budget": budget, "scores": found})
        return [*known, *scores]

    def _read(self, number: int, architecture: Architecture, budget: int | None) -> Scores:
        record = self._known[number]
        if from_json(record["architecture"]) != architecture or record["budget"] != budget:
            raise LogError(
                f"{self.path}, line {number + 1}: holds {from_json(record['architecture'])} with budget "
                f"{record['budget']}; this search asks for {architecture} with budget {budget}"
            )
        return {name: float(value) for name, value in record["scores"].items()}
