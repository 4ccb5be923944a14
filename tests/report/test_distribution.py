"""Distributions of errors: by hand, weighted by complexity, and what comparisons of spaces conclude."""

import numpy as np
import pytest

from dartsx.report import RunError
from dartsx.report.design import compared
from dartsx.report.distribution import band, by_complexity, compare, equal_weights, mean_interval


def test_the_distribution_function_is_the_share_of_networks_with_at_most_this_error():
    found = equal_weights([3.0, 1.0, 2.0, 2.0])
    np.testing.assert_allclose(found.below(np.array([0.5, 1.0, 2.0, 2.5, 3.0])), [0, 0.25, 0.75, 0.75, 1])
    assert found.mean == 2.0


def test_bins_of_multiply_adds_count_alike():
    # Three networks in the lower bin, one at its upper bound of the other: 1/6 each, and 1/2.
    found = by_complexity([1.0, 2.0, 3.0, 10.0], [0, 1, 4, 10], np.array([0.0, 5.0, 10.0]))
    np.testing.assert_allclose(found.weights, [1 / 6, 1 / 6, 1 / 6, 1 / 2])
    assert found.mean == pytest.approx(6.0)
    with pytest.raises(RunError, match="no network has 5 to 10 multiply-adds"):
        by_complexity([1.0], [2], np.array([0.0, 5.0, 10.0]))


def test_intervals_hold_the_estimate_and_narrow_with_more_networks():
    rng = np.random.default_rng(0)
    few, many = (equal_weights(rng.normal(10, 2, n)) for n in (20, 500))
    for found in (few, many):
        interval = mean_interval(found)
        assert interval.low < interval.value < interval.high
        at = np.array([9.0, 10.0])
        low, high = band(found, at)
        assert (low <= found.below(at)).all() and (found.below(at) <= high).all()
    # The standard error is 2 / sqrt(500) = 0.089, and the interval about four of them wide.
    assert 0.28 < mean_interval(many).high - mean_interval(many).low < 0.44
    assert mean_interval(few).high - mean_interval(few).low > 1


def test_a_space_of_lower_errors_dominates():
    rng = np.random.default_rng(1)
    good, bad = equal_weights(rng.normal(10, 2, 100)), equal_weights(rng.normal(12, 2, 100))
    found = compare(good, bad)
    assert found.difference.high < 0 and found.p_value < 0.01 and found.higher[0] == 1
    assert found.verdict("a", "b") == "a dominates b"
    turned = compare(bad, good)
    assert turned.difference.value == -found.difference.value
    assert turned.verdict("b", "a") == "a dominates b"


def test_crossing_distributions_have_a_better_mean_only():
    steady, mixed = equal_weights(np.full(100, 5.0)), equal_weights(np.repeat([1.0, 20.0], 50))
    assert compare(steady, mixed).verdict("steady", "mixed") == "steady is better on average than mixed"


def test_networks_of_the_same_space_show_no_difference():
    rng = np.random.default_rng(2)
    found = compare(*(equal_weights(rng.normal(10, 2, 100)) for _ in range(2)))
    assert found.p_value > 0.05 and "no difference" in found.verdict("a", "b")


def test_a_space_without_trained_networks_is_named():
    with pytest.raises(RunError, match="no network of empty was trained"):
        compared({"empty": []})
