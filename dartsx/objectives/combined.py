"""Several objectives as one, and one number of several: weighted, constrained, or a reward such as MnasNet's.

A number that lacks one of its parts is left out of the scores, so that strategies treat it like any missing score.

Example: ``rewarded(together(accuracy, latency), VALID_ACCURACY, Measure("latency", "ms", False), mnasnet_soft, 80.0)``
scores accuracy, latency, and as ``reward`` accuracy * (latency / 80)**-0.07.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dartsx.objectives.objective import Measure, Objective, Scores
from dartsx.spaces import Architecture

Reward = Callable[[float, float, float], float]
"""(quality, cost, target) -> what is to be large; see `dartsx.cost.forms`."""


@dataclass(frozen=True, eq=False)
class Together:
    """The scores of all objectives; each but the first has its own default budget."""

    parts: tuple[Objective, ...]

    @property
    def measures(self) -> dict[str, Measure]:
        """Those of all parts."""
        return {name: measure for part in self.parts for name, measure in part.measures.items()}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """All numbers of every architecture; the budget is that of the first objective."""
        budgets = (budget, *(None for _ in self.parts[1:]))
        found = [part(architectures, given) for part, given in zip(self.parts, budgets, strict=True)]
        return [{name: value for one in scores for name, value in one.items()} for scores in zip(*found, strict=True)]


@dataclass(frozen=True, eq=False)
class Derived:
    """An objective with one more number, made of its others.

    Attributes:
      objective: what scores.
      measure: the further number.
      compute: scores -> that number; NaN where it cannot be had.
    """

    objective: Objective
    measure: Measure
    compute: Callable[[Scores], float]

    @property
    def measures(self) -> dict[str, Measure]:
        """Those of the objective, and the further one."""
        return {**self.objective.measures, self.measure.name: self.measure}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """The scores of the objective; with the further number where its parts are there."""
        return [self._with(scores) for scores in self.objective(architectures, budget)]

    def _with(self, scores: Scores) -> Scores:
        value = self.compute(scores)
        return {**scores, self.measure.name: value} if math.isfinite(value) else scores


def together(*parts: Objective) -> Together:
    """The objective that scores all numbers of its parts.

    Raises ValueError where two parts score a number of the same name.
    """
    names = [name for part in parts for name in part.measures]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"several objectives score {', '.join(doubled)}")
    return Together(parts)


def weighted(objective: Objective, weights: Mapping[str, float], name: str = "weighted") -> Derived:
    """The sum of numbers, each with the sign by which larger is better, times its weight.

    Raises ValueError for a number that the objective does not score.
    """
    measures = [_known(objective, number) for number in weights]

    def total(scores: Scores) -> float:
        pairs = zip(measures, weights.values(), strict=True)
        return sum(weight * measure.utility(scores) for measure, weight in pairs)

    return Derived(objective, Measure(name, "", larger_is_better=True), total)


def constrained(objective: Objective, quality: str, limits: Mapping[str, float], name: str = "constrained") -> Derived:
    """The quality of what keeps all limits; of what exceeds one, the number is missing.

    Args:
      objective: scores the quality and the numbers that are limited.
      quality: name of the number that counts.
      limits: by name the worst value that is allowed, a most or a least as the number's direction has it.
      name: name of the new number.

    Raises ValueError for a number that the objective does not score.
    """
    best, bounds = _known(objective, quality), {_known(objective, number): limit for number, limit in limits.items()}

    def allowed(scores: Scores) -> float:
        kept = (m.utility(scores) >= m.utility({m.name: limit}) for m, limit in bounds.items())
        return scores.get(best.name, math.nan) if all(kept) else math.nan

    return Derived(objective, Measure(name, best.unit, best.larger_is_better), allowed)


def rewarded(
    objective: Objective, quality: str, cost: str, reward: Reward, target: float, name: str = "reward"
) -> Derived:
    """A reward of quality and cost, such as `dartsx.cost.forms.mnasnet_soft` (arXiv:1807.11626, equation 2).

    Args:
      objective: scores both.
      quality: name of a number of which more is better.
      cost: name of a number of which less is better.
      reward: (quality, cost, target) -> reward; other arguments are bound, as by ``functools.partial``.
      target: target of the cost, in its unit.
      name: name of the new number.

    Raises ValueError for a number that the objective does not score, or that has the other direction.
    """
    good, bad = _known(objective, quality), _known(objective, cost)
    if not good.larger_is_better or bad.larger_is_better:
        raise ValueError(f"a reward needs a quality to be raised and a cost to be lowered, not {quality} and {cost}")

    def value(scores: Scores) -> float:
        known = all(math.isfinite(measure.utility(scores)) for measure in (good, bad))
        return float(reward(scores[quality], scores[cost], target)) if known else math.nan

    return Derived(objective, Measure(name, good.unit, larger_is_better=True), value)


def _known(objective: Objective, name: str) -> Measure:
    if name not in objective.measures:
        raise ValueError(f"the objective does not score {name!r}; it scores {', '.join(objective.measures)}")
    return objective.measures[name]
