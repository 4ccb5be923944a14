"""From the weights that a search ends with to options: one rule for every kind of open part."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

Rows = Mapping[str, Sequence[float]]  # decision -> weights of its options, not negative


class Rule(Protocol):
    """How the decisions of an open part are derived.

    Attributes:
      growing: options of a decision in the order of networks that go on where others end, one tuple for every way;
        empty where options have no such order.
    """

    growing: tuple[tuple[str, ...], ...]

    def choose(self, rows: Rows) -> dict[str, str]:
        """Decision -> option for all decisions of the part; ties go to the first option."""
        ...


@dataclasses.dataclass(frozen=True)
class Argmax:
    """The option of the largest weight.

    Attributes:
      name: the decision.
      options: its labels.
      growing: see `Rule`.
    """

    name: str
    options: tuple[str, ...]
    growing: tuple[tuple[str, ...], ...] = ()

    def choose(self, rows: Rows) -> dict[str, str]:
        """See `Rule`."""
        row = list(rows[self.name])
        return {self.name: self.options[row.index(max(row))]}


@dataclasses.dataclass(frozen=True)
class BySource:
    """The sources of the largest weight, that of a source being the sum over the options that read it.

    So DARTS keeps edges (arXiv:1806.09055, section 2.4), where an argmax over sets would let one strong set decide.

    Attributes:
      name: the decision.
      options: label -> sources.
    """

    growing: ClassVar[tuple] = ()

    name: str
    options: tuple[tuple[str, tuple[int, ...]], ...]

    def choose(self, rows: Rows) -> dict[str, str]:
        """See `Rule`."""
        strength: dict[int, float] = {}
        for (_, sources), weight in zip(self.options, rows[self.name], strict=True):
            for source in sources:
                strength[source] = strength.get(source, 0) + weight
        strongest = sorted(strength, key=lambda source: (-strength[source], source))[: len(self.options[0][1])]
        labels = {sources: label for label, sources in self.options}
        return {self.name: labels[tuple(sorted(strongest))]}


@dataclasses.dataclass(frozen=True)
class Viterbi:
    """The path of the largest product of weights (Auto-DeepLab, arXiv:1901.02985, section 3.3).

    Attributes:
      steps: for every layer that decides, by level: the decision and its options as (label, level of the next layer).
        Paths begin at level 0; levels that none can reach are left out.
    """

    growing: ClassVar[tuple] = ()

    steps: tuple[tuple[tuple[str, tuple[tuple[str, int], ...]], ...], ...]

    def choose(self, rows: Rows) -> dict[str, str]:
        """Options along the best path; of every other decision the option that is best from there."""
        best: dict[int, float] = {}  # logarithm of the best product from a level of the next layer to the end
        choices: dict[str, str] = {}
        for layer in reversed(self.steps):
            now: dict[int, float] = {}
            for level, (name, options) in enumerate(layer):
                scores = [_log(weight) + best.get(to, 0.0) for (_, to), weight in zip(options, rows[name], strict=True)]
                now[level] = max(scores)
                choices[name] = options[scores.index(now[level])][0]
            best = now
        return choices


def _log(weight: float) -> float:
    return math.log(weight) if weight > 0 else -math.inf
