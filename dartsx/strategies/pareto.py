"""What is better where several numbers count: domination, fronts, crowding, hypervolume.

Utilities are float64 [architectures, measures]; larger is better. One dominates another if it is nowhere worse and
somewhere better.
"""

from collections.abc import Sequence

import numpy as np

from dartsx.objectives import Measure, Scores


def utilities_of(measures: Sequence[Measure], scores: Sequence[Scores]) -> np.ndarray:
    """Float64 [architectures, measures]; NaN where a score is missing."""
    return np.array([[m.utility(score) for m in measures] for score in scores]).reshape(len(scores), len(measures))


def dominates(utilities: np.ndarray) -> np.ndarray:
    """Whether i dominates j, bool [architectures, architectures]."""
    first, second = utilities[:, None], utilities[None]
    return (first >= second).all(-1) & (first > second).any(-1)


def ranks(utilities: np.ndarray) -> np.ndarray:
    """Number of the front of each: 0 for those that none dominates, 1 for those left if these are taken away, ..."""
    above = dominates(utilities)
    found, rank = np.full(len(utilities), -1), 0
    while (left := found < 0).any():
        found[left & ~above[left].any(0)] = rank
        rank += 1
    return found


def crowding(utilities: np.ndarray) -> np.ndarray:
    """Crowding distance of the members of one front (NSGA-II, Deb et al. 2002, section III-B), float64.

    The sum over measures of the distance between both neighbours in that measure, over its range; infinite at ends.
    """
    distance = np.zeros(len(utilities))
    for values in utilities.T:
        order = np.argsort(values, kind="stable")
        distance[order[[0, -1]]] = np.inf
        if (width := values[order[-1]] - values[order[0]]) > 0:
            distance[order[1:-1]] += (values[order[2:]] - values[order[:-2]]) / width
    return distance


def hypervolume(utilities: np.ndarray, reference: Sequence[float]) -> float:
    """Volume of what is dominated by some of the points and lies above the reference, which all measures share.

    By slices along the last measure; meant for few measures and points.
    """
    points = utilities[(utilities > np.asarray(reference)).all(1)]
    if not len(points):
        return 0.0
    if points.shape[1] == 1:
        return float(points.max() - reference[0])
    points = points[np.argsort(-points[:, -1], kind="stable")]
    ends = np.append(points[1:, -1], reference[-1])
    slices = (points[: i + 1, :-1] for i in range(len(points)))
    return sum(
        hypervolume(part, reference[:-1]) * float(top - end)
        for part, top, end in zip(slices, points[:, -1], ends, strict=True)
        if top > end
    )
