"""Spaces compared by the distribution of their networks' errors (arXiv:1905.13214; RegNet, arXiv:2003.13678, 3.1).

The empirical distribution function of n networks of errors e_i is F(e), the sum of w_i over e_i <= e, with w_i = 1 / n
or, normalised by complexity, 1 / (m n_j) in bin j of m bins of multiply-adds (1905.13214, section 4.1). A space is
better where F is higher. For intervals networks are drawn again from those that there are, with replacement.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.report.errors import RunError

RESAMPLES, LEVEL = 2000, 0.95


class Interval(NamedTuple):
    """An estimate with the bounds of its 95% bootstrap interval."""

    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Errors:
    """Errors of the networks drawn from a space.

    Attributes:
      errors: float64 [n], percent.
      weights: float64 [n], sum 1.
    """

    errors: np.ndarray
    weights: np.ndarray

    @property
    def mean(self) -> float:
        """Mean error, the area above F."""
        return float(self.errors @ self.weights)

    def below(self, at: np.ndarray) -> np.ndarray:
        """F at these errors, [len(at)]."""
        return (self.errors[None, :] <= at[:, None]) @ self.weights

    def resampled(self, rng: np.random.Generator) -> Errors:
        """As many networks, drawn with replacement."""
        taken = rng.integers(len(self.errors), size=len(self.errors))
        weights = self.weights[taken]
        return Errors(self.errors[taken], weights / weights.sum())


def equal_weights(errors: Sequence[float]) -> Errors:
    """Every network counts alike."""
    return Errors(np.asarray(errors, np.float64), np.full(len(errors), 1 / len(errors)))


def by_complexity(errors: Sequence[float], macs: Sequence[float], edges: np.ndarray) -> Errors:
    """Every bin of multiply-adds counts alike, whatever number of networks it holds.

    Args:
      errors: errors, percent.
      macs: multiply-adds of the networks.
      edges: edges of the bins, rising [m + 1]; the last bin includes its upper edge.

    Raises:
      RunError: a bin is empty.
    """
    bins = np.clip(np.searchsorted(edges, macs, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(bins, minlength=len(edges) - 1)
    if not counts.all():
        empty = int(np.argmin(counts))
        raise RunError(f"no network has {edges[empty]:,.0f} to {edges[empty + 1]:,.0f} multiply-adds: use fewer bins")
    return Errors(np.asarray(errors, np.float64), 1 / (len(counts) * counts[bins]))


def grid(spaces: Mapping[str, Errors]) -> np.ndarray:
    """All errors at which some F rises, sorted."""
    return np.unique(np.concatenate([found.errors for found in spaces.values()]))


def band(found: Errors, at: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise 95% bootstrap band of F at these errors: lower and upper bounds [len(at)]."""
    rng = np.random.default_rng(seed)
    return _bounds(np.stack([found.resampled(rng).below(at) for _ in range(RESAMPLES)]))


def mean_interval(found: Errors, seed: int = 0) -> Interval:
    """Mean error."""
    rng = np.random.default_rng(seed)
    low, high = _bounds(np.array([found.resampled(rng).mean for _ in range(RESAMPLES)]))
    return Interval(found.mean, float(low), float(high))


class Comparison(NamedTuple):
    """Two spaces.

    Attributes:
      difference: mean error of the first less that of the second, percentage points.
      distance: largest difference of the two F (the statistic of Kolmogorov and Smirnov).
      p_value: share of random exchanges of networks between the spaces that have as large a distance.
      higher: shares of the errors seen at which F of the first, and that of the second, is not below the other's.
    """

    difference: Interval
    distance: float
    p_value: float
    higher: tuple[float, float]

    def verdict(self, first: str, second: str) -> str:
        """Which space is better, if the networks show it."""
        if self.difference.low <= 0 <= self.difference.high:
            return f"{first} and {second}: no difference of the mean errors is shown"
        better, worse, share = first, second, self.higher[0]
        if self.difference.value > 0:
            better, worse, share = second, first, self.higher[1]
        how = "dominates" if share >= LEVEL else "is better on average than"
        return f"{better} {how} {worse}"


def compare(first: Errors, second: Errors, seed: int = 0) -> Comparison:
    """The first space against the second; networks are resampled and exchanged `RESAMPLES` times."""
    rng = np.random.default_rng(seed)
    at = grid({"first": first, "second": second})
    differences = [first.resampled(rng).mean - second.resampled(rng).mean for _ in range(RESAMPLES)]
    low, high = _bounds(np.array(differences))
    one, other = first.below(at), second.below(at)
    distance = float(np.abs(one - other).max())
    joint = Errors(*map(np.concatenate, zip(_fields(first), _fields(second), strict=True)))
    exchanged = sum(_exchanged(joint, len(first.errors), at, rng) >= distance - 1e-12 for _ in range(RESAMPLES))
    return Comparison(
        Interval(first.mean - second.mean, float(low), float(high)),
        distance,
        (exchanged + 1) / (RESAMPLES + 1),
        (float((one >= other - 1e-12).mean()), float((other >= one - 1e-12).mean())),
    )


def _exchanged(joint: Errors, size: int, at: np.ndarray, rng: np.random.Generator) -> float:
    """Distance of two F whose networks were dealt out at random."""
    order = rng.permutation(len(joint.errors))
    parts = (order[:size], order[size:])
    one, other = (Errors(joint.errors[p], joint.weights[p] / joint.weights[p].sum()) for p in parts)
    return float(np.abs(one.below(at) - other.below(at)).max())


def _fields(found: Errors) -> tuple[np.ndarray, np.ndarray]:
    return found.errors, found.weights


def _bounds(resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds that leave out equal shares at both ends, over the first axis."""
    tail = 100 * (1 - LEVEL) / 2
    return tuple(np.percentile(resampled, (tail, 100 - tail), axis=0))
