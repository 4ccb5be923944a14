"""Spaces compared by the distribution of their networks' errors (arXiv:1905.13214; RegNet, arXiv:2003.13678, 3.1).

The empirical distribution function of n networks of errors e_i is F(e), the sum of w_i over e_i <= e, with w_i = 1 / n
or, normalised by complexity, 1 / (m n_j) in bin j of m bins of multiply-adds (1905.13214, section 4.1). A space is
better where F is higher. For intervals networks are drawn again from those that there are, with replacement. Of
weighted errors the number of networks in each bin is given: they are drawn again, and exchanged between spaces, within
their bins (stratified resampling: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 15).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.report.errors import RunError

RESAMPLES, LEVEL = 2000, 0.95
ROUNDING = 1e-12  # of sums of weights


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
      weights: float64 [n], sum 1; the same for all networks of a bin.
      bins: int [n], the bin of each network; one for all where complexity does not count.
    """

    errors: np.ndarray
    weights: np.ndarray
    bins: np.ndarray

    @property
    def mean(self) -> float:
        """Mean error, the area above F."""
        return float(self.errors @ self.weights)

    @property
    def median(self) -> float:
        """The error at which F passes 1/2; the middle of two where F is 1/2 between them."""
        order = np.argsort(self.errors)
        places = np.searchsorted(np.cumsum(self.weights[order]), (0.5 - ROUNDING, 0.5 + ROUNDING))
        return float(self.errors[order[places]].mean())

    def below(self, at: np.ndarray) -> np.ndarray:
        """F at these errors, [len(at)]."""
        return (self.errors[None, :] <= at[:, None]) @ self.weights

    def resampled(self, rng: np.random.Generator) -> Errors:
        """Networks drawn with replacement: as many as there are, or of each of several bins one fewer.

        One fewer, since bins can be small: the variance of n draws of n would fall short of that of their mean by
        1 / n (Rao and Wu, Journal of the American Statistical Association 83(401), 1988).
        """
        parts, bins = [], members_of(self.bins)
        for members in bins:
            taken = members[rng.integers(len(members), size=len(members) - (len(bins) > 1))]
            share = self.weights[members].sum() / len(taken)
            parts.append((self.errors[taken], np.full(len(taken), share), self.bins[taken]))
        return Errors(*map(np.concatenate, zip(*parts, strict=True)))


def equal_weights(errors: Sequence[float]) -> Errors:
    """Every network counts alike."""
    count = len(errors)
    return Errors(np.asarray(errors, np.float64), np.full(count, 1 / count), np.zeros(count, np.int64))


def by_complexity(errors: Sequence[float], macs: Sequence[float], edges: np.ndarray) -> Errors:
    """Every bin of multiply-adds counts alike, whatever number of networks it holds.

    Args:
      errors: errors, percent.
      macs: multiply-adds of the networks.
      edges: edges of the bins, rising [m + 1]; the last bin includes its upper edge.

    Raises:
      RunError: a bin holds fewer than two networks, whose errors show no deviation.
    """
    bins = np.clip(np.searchsorted(edges, macs, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(bins, minlength=len(edges) - 1)
    if (few := int(counts.min())) < 2:
        at = int(np.argmin(counts))
        who = "only one network has" if few else "no network has"
        raise RunError(f"{who} {edges[at]:,.0f} to {edges[at + 1]:,.0f} multiply-adds: use fewer bins")
    return Errors(np.asarray(errors, np.float64), 1 / (len(counts) * counts[bins]), bins)


def members_of(bins: np.ndarray) -> list[np.ndarray]:
    """Numbers of the networks of every bin."""
    return [np.flatnonzero(bins == number) for number in np.unique(bins)]


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
      p_value: share of random exchanges of networks between the spaces, within bins, that have as large a distance.
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
    exchanged = sum(_exchanged(first, second, at, rng) >= distance - ROUNDING for _ in range(RESAMPLES))
    return Comparison(
        Interval(first.mean - second.mean, float(low), float(high)),
        distance,
        (exchanged + 1) / (RESAMPLES + 1),
        (float((one >= other - ROUNDING).mean()), float((other >= one - ROUNDING).mean())),
    )


def _exchanged(first: Errors, second: Errors, at: np.ndarray, rng: np.random.Generator) -> float:
    """Distance of two F between which the networks of every bin were dealt out at random."""
    errors, size = np.concatenate([first.errors, second.errors]), len(first.errors)
    for members in members_of(np.concatenate([first.bins, second.bins])):
        errors[members] = errors[members[rng.permutation(len(members))]]
    one, other = dataclasses.replace(first, errors=errors[:size]), dataclasses.replace(second, errors=errors[size:])
    return float(np.abs(one.below(at) - other.below(at)).max())


def _bounds(resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds that leave out equal shares at both ends, over the first axis."""
    tail = 100 * (1 - LEVEL) / 2
    return tuple(np.percentile(resampled, (tail, 100 - tail), axis=0))
