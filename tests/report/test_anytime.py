"""Curves of simulated searches: means, deviations and bands by hand."""

import numpy as np
import pytest

from dartsx.report.anytime import anytime_csv, anytime_plot, two_standard_errors

NOTHING = np.nan
CURVES = np.array([[NOTHING, 1.0, 1.0], [NOTHING, NOTHING, 2.0], [5.0, 5.0, 3.0]])


def test_a_line_has_the_sample_deviation_and_none_of_one_search():
    lines = anytime_csv({"random": CURVES}).splitlines()
    assert lines[1:] == ["random,1,5.0000,,1", "random,2,3.0000,2.8284,2", "random,3,2.0000,1.0000,3"]


def test_the_band_is_two_standard_errors_of_the_sample_and_none_of_one_search():
    error = two_standard_errors(CURVES)
    assert np.isnan(error[0])
    assert error[1:] == pytest.approx((2 * np.sqrt(8) / np.sqrt(2), 2 * 1 / np.sqrt(3)))


def test_a_single_search_is_drawn_without_a_band():
    assert "random (n = 1)" in anytime_plot({"random": CURVES[2:]}, "accuracy")
