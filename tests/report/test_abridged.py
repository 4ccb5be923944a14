"""Decisions between many options are drawn by their strongest ones."""

import pytest

from dartsx.report.abridged import LEGIBLE, abridged
from dartsx.report.weights import Group, Row

MANY = tuple(f"o{i}" for i in range(20))


def test_the_strongest_options_stay_in_order_with_what_was_kept_and_the_sum_of_the_others():
    early = tuple(1 / 20 for _ in MANY)
    late = tuple((i + 1) / 210 for i in range(20))
    rows = (Row("pick", "pick", MANY), Row("merge", "merge", ("sum", "attention")))
    padded = (0.4, 0.6, *(0.0 for _ in range(18)))
    group = Group("decisions", "decisions", rows, ((early, padded), (late, padded)))
    drawn = abridged(group, [{"pick": "o3", "merge": "sum"}])
    pick, merge = drawn.rows
    assert pick.options == ("o3", *MANY[-LEGIBLE:], "11 others") and merge == rows[1]
    for table, before in zip(drawn.weights, (early, late), strict=True):
        assert table[0][0] == before[3] and sum(table[0]) == pytest.approx(1)
        assert len(table[1]) == len(table[0]) and table[1][:2] == (0.4, 0.6)


def test_few_options_are_drawn_as_they_are():
    group = Group("g", "g", (Row("a", "a", MANY[: LEGIBLE + 1]),), ((tuple(range(LEGIBLE + 1)),),))
    assert abridged(group, []) is group
