"""Scores on record: a search that was cut off gets from the log what it had been told, and goes on behind it."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

import jax

from dartsx.objectives.objective import Measure, Objective, Scores
from dartsx.runtime import Clock, JsonLines, read_records, truncate_after
from dartsx.spaces import Architecture, from_json, to_json


class LogError(ValueError):
    """A log that another search has written."""


class Logged:
    """An objective that appends all scores to a file, and at first reads those which are there already.

    Architectures are scored one by one, each on record before the next one begins. As strategies are deterministic, a
    log that was cut off anywhere and continued is the log of one run, byte for byte. Of several processes the first one
    writes. A line: ``{"query": 0, "architecture": {...}, "budget": 12, "scores": {...}}``.

    Attributes:
      objective: what scores.
      path: the file.
      after: called with the number of a query, 0, 1, ..., and the seconds of its scoring (see `Clock`), once it is on
        record; what it raises ends the search there.

    Raises LogError where a line holds another architecture or budget than is asked for.
    """

    def __init__(
        self,
        objective: Objective,
        path: str | os.PathLike,
        after: Callable[[int, float], None] = lambda number, seconds: None,
    ):
        self.objective, self.path, self.after = objective, pathlib.Path(path), after
        self._writes = jax.process_index() == 0
        if self._writes:
            truncate_after(self.path, "query", float("inf"))  # half a line
        self._known = read_records(self.path)
        self._asked = itertools.count()

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures of the objective."""
        return self.objective.measures

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Scores from the log, and of those that are not there from the objective."""
        return [self._one(next(self._asked), architecture, budget) for architecture in architectures]

    @property
    def on_record(self) -> int:
        """How many queries the file held at the start."""
        return len(self._known)

    def _one(self, number: int, architecture: Architecture, budget: int | None) -> Scores:
        if number < len(self._known):
            return self._read(number, architecture, budget)
        with Clock() as clock:
            (scores,) = self.objective([architecture], budget)
        if self._writes:
            record = {"query": number, "architecture": to_json(architecture), "budget": budget, "scores": scores}
            with JsonLines(self.path) as log:
                log.append(record)
        self.after(number, clock.seconds)
        return scores

    def _read(self, number: int, architecture: Architecture, budget: int | None) -> Scores:
        record = self._known[number]
        if from_json(record["architecture"]) != architecture or record["budget"] != budget:
            raise LogError(
                f"{self.path}, line {number + 1}: holds {from_json(record['architecture'])} with budget "
                f"{record['budget']}; this search asks for {architecture} with budget {budget}"
            )
        return {name: float(value) for name, value in record["scores"].items()}
