"""Runs say what the rows and columns of their strengths stand for."""

import pytest

from dartsx.experiments.jobs.search import decisions_of_rows
from dartsx.spaces import SPACES


@pytest.mark.parametrize("name", SPACES)
def test_every_row_has_the_name_and_the_options_of_its_decision(name):
    space = SPACES[name]
    found = decisions_of_rows(space)
    assert {group: len(rows) for group, rows in found.items()} == {g: s[0] for g, s in space.alpha_shapes.items()}
    rows = {row: tuple(options) for of_group in found.values() for row, options in of_group.items()}
    assert rows == {decision: given.options for decision, given in space.decisions.items()}
