"""Places the labels of a scatter plot so that none covers another, a marker or a leader line.

Pure geometry in pixels. Greedy: labels are placed in the order given, each at the nearest free place around its point;
a label away from its point gets a straight leader line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MARKER = 5.0  # half the side of the square that a marker takes
GAP = 2.0  # between labels
NEAR = (8.0, 14.0, 22.0, 32.0, 44.0, 58.0)  # distances from the point that are tried
FAR = (*NEAR, 72.0, 88.0, 104.0, 120.0, 140.0, 165.0, 190.0, 215.0)
_ANGLES = 48
_SAMPLES = 24  # points along a leader line that must be free


class Box(NamedTuple):
    """A rectangle by its corners."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Whether the rectangles overlap, or come nearer than `gap` along both axes."""
        across = self.left < other.right + gap and other.left < self.right + gap
        return across and self.bottom < other.top + gap and other.bottom < self.top + gap

    def inside(self, other: Box) -> bool:
        """Whether it lies in the other."""
        within = other.left <= self.left and self.right <= other.right
        return within and other.bottom <= self.bottom and self.top <= other.top

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The point of the rectangle nearest to (x, y)."""
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)


class Label(NamedTuple):
    """A point and the size of its label."""

    x: float
    y: float
    width: float
    height: float


def place(
    labels: Sequence[Label],
    area: Box,
    blocked: Sequence[Box] = (),
    standing: Sequence[tuple[Label, Box]] = (),
    distances: Sequence[float] = NEAR,
    over_points: bool = False,
) -> list[Box | None]:
    """Rectangles of the labels, in their order; None where no place near the point is free.

    Args:
      labels: most important first.
      area: where labels may stand.
      blocked: what labels must not cover, besides points.
      standing: labels placed before, and where.
      distances: distances to try between a point and its label.
      over_points: leader lines may pass over other points.
    """
    squares = [square(label.x, label.y) for label in [*labels, *(label for label, _ in standing)]]
    placed = [box for _, box in standing]
    leaders = [_samples(leader(label, box)) for label, box in standing]
    result: list[Box | None] = []
    for label in labels:
        free = (
            (box, line)
            for box, line in _candidates(label, distances)
            if box.inside(area)
            and not any(box.meets(other, GAP) for other in placed)
            and not any(box.meets(other) for other in [*squares, *blocked])
            and not any(_contains(box, other) for other in leaders)
            and not any(_contains(other, line) for other in placed)
            and (over_points or _crossed(line, squares) <= 1)
        )
        box, line = next(free, (None, []))
        if box is not None:
            placed.append(box)
            leaders.append(line)
        result.append(box)
    return result


def square(x: float, y: float, half: float = MARKER) -> Box:
    """The square around a point, by default that of its marker."""
    return Box(x - half, y - half, x + half, y + half)


def leader(label: Label, box: Box) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The line from a point to its label; None for a label beside its point."""
    end = box.nearest(label.x, label.y)
    return None if math.dist((label.x, label.y), end) < 2 * MARKER else ((label.x, label.y), end)


def _crossed(line: Sequence[tuple[float, float]], squares: Sequence[Box]) -> int:
    """Number of points that a leader line passes over, its own included."""
    return sum(_contains(other, line) for other in set(squares))


def _candidates(label: Label, distances: Sequence[float]) -> Iterator[tuple[Box, list[tuple[float, float]]]]:
    """Rectangles around a point from near to far, to the right first, with samples of their leader lines."""
    for radius in distances:
        for i in range(_ANGLES):
            turn = (i + 1) // 2 * (-1) ** i * 2 * math.pi / _ANGLES
            across, up = math.cos(turn), math.sin(turn)
            # The side or corner that faces the point lies on the ring.
            left = label.x + radius * across - label.width * (1 - _side(across)) / 2
            bottom = label.y + radius * up - label.height * (1 - up) / 2
            box = Box(left, bottom, left + label.width, bottom + label.height)
            yield box, _samples(leader(label, box))


def _side(across: float) -> float:
    """1 for a label to the right of its point, -1 to the left, between them above and below."""
    return max(-1.0, min(1.0, 1.6 * across))


def _samples(line: tuple[tuple[float, float], tuple[float, float]] | None) -> list[tuple[float, float]]:
    if line is None:
        return []
    start, end = line
    steps = [i / _SAMPLES for i in range(_SAMPLES + 1)]
    return [(start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])) for t in steps]


def _contains(box: Box, line: Sequence[tuple[float, float]]) -> bool:
    return any(box.left <= x <= box.right and box.bottom <= y <= box.top for x, y in line)
