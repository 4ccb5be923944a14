"""Labels of a scatter plot: beside their points, never over each other, points or leader lines."""

import itertools
import random

import pytest

from dartsx.report.label_placement import Box, Label, leader, place, square

AREA = Box(0, 0, 600, 400)


def crowd(seed, count=60):
    rng = random.Random(seed)
    spots = [(rng.gauss(300, 60), rng.gauss(200, 40)) for _ in range(count)]
    return [Label(x, y, rng.uniform(20, 90), 9.0) for x, y in spots]


@pytest.mark.parametrize("seed", range(3))
def test_in_a_crowd_nothing_covers_anything(seed):
    labels = crowd(seed)
    boxes = place(labels, AREA)
    placed = [(label, box) for label, box in zip(labels, boxes, strict=True) if box]
    assert len(placed) > 10
    for (_, a), (_, b) in itertools.combinations(placed, 2):
        assert not a.meets(b)
    for _, box in placed:
        assert box.inside(AREA)
        assert not any(box.meets(square(label.x, label.y)) for label in labels)
    for label, box in placed:
        line = leader(label, box)
        if line:
            (x0, y0), (x1, y1) = line
            middle = ((x0 + x1) / 2, (y0 + y1) / 2)
            assert not any(other.nearest(*middle) == middle for _, other in placed)


def test_a_lone_label_stands_to_the_right_without_a_line():
    label = Label(300, 200, 50, 10)
    (box,) = place([label], AREA)
    assert (box.left, (box.bottom + box.top) / 2) == (308, 200)
    assert leader(label, box) is None


def test_what_is_blocked_or_stands_already_is_left_free():
    label, other = Label(300, 200, 50, 10), Label(290, 200, 50, 10)
    (first,) = place([label], AREA)
    (second,) = place([label], AREA, blocked=[first])
    assert not second.meets(first)
    (third,) = place([other], AREA, standing=[(label, first)])
    assert not third.meets(first) and not third.meets(square(300, 200))


def test_a_label_without_a_place_is_none_and_more_distance_may_give_one():
    label, wall = Label(300, 200, 50, 10), Box(220, 120, 380, 280)
    assert place([label], AREA, blocked=[wall]) == [None]
    (box,) = place([label], AREA, blocked=[wall], distances=[150.0])
    assert box and not box.meets(wall)
    assert leader(label, box)[0] == (300, 200)


def test_leader_lines_pass_over_other_points_only_if_they_may():
    label, other = Label(300, 200, 40, 10), Label(330, 200, 1, 1)
    standing = [(other, Box(0, 0, 1, 1))]
    (over,) = place([label], AREA, standing=standing, distances=[60.0], over_points=True)
    assert (over.left, (over.bottom + over.top) / 2) == (360, 200)
    (around,) = place([label], AREA, standing=standing, distances=[60.0])
    assert around != over
