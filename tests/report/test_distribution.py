"""Distributions of errors: by hand, weighted by complexity, and what comparisons of spaces conclude."""

import numpy as np
import pytest

from dartsx.report import RunError, distribution
from dartsx.report.design import compared
from dartsx.report.distribution import band, by_complexity, compare, equal_weights, mean_interval


def test_the_distribution_function_is_the_share_of_networks_with_at_most_this_error():
    found = equal_weights([3.0, 1.0, 2.0, 2.0])
    np.testing.assert_allclose(found.below(np.array([0.5, 1.0, 2.0, 2.5, 3.0])), [0, 0.25, 0.75, 0.75, 1])
    assert found.mean == 2.0


def test_bins_of_multiply_adds_count_alike():
    # Three networks in the lower bin, two in the other, one of them at its upper edge: 1/6 each, and 1/4.
    edges = np.array([0.0, 5.0, 10.0])
    found = by_complexity([1.0, 2.0, 3.0, 9.0, 11.0], [0, 1, 4, 5, 10], edges)
    np.testing.assert_allclose(found.weights, [1 / 6, 1 / 6, 1 / 6, 1 / 4, 1 / 4])
    assert found.mean == pytest.approx(6.0)
    assert found.median == 6.0  # F is 1/2 from 3 to 9
    for macs, who in (([2, 2], "no network has"), ([2, 2, 7], "only one network has")):
        with pytest.raises(RunError, match=f"{who} 5 to 10 multiply-adds: use fewer bins"):
            by_complexity([1.0] * len(macs), macs, edges)


@pytest.mark.parametrize("errors", [[3.0, 1.0, 2.0], [3.0, 1.0, 2.0, 7.0], [2.0, 2.0, 2.0, 9.0], [5.0]])
def test_the_median_of_equal_weights_is_the_plain_one(errors):
    assert equal_weights(errors).median == np.median(errors)


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


def drawn(rng, count, small, shift=0.0):
    """Errors that complexity halves, beside a shift: of two spaces they differ within bins by that alone."""
    macs = np.where(rng.random(count) < small, rng.uniform(0, 1, count), rng.uniform(1, 2, count))
    return by_complexity(10 - 5 * (macs > 1) + shift + rng.normal(0, 1, count), macs, np.linspace(0, 2, 3))


def test_what_complexity_decides_widens_no_interval_and_tells_no_spaces_apart():
    edges = np.array([0.0, 1.0, 2.0])
    few = by_complexity([10.0] * 4 + [5.0] * 16, [0] * 4 + [2] * 16, edges)
    many = by_complexity([10.0] * 15 + [5.0] * 5, [0] * 15 + [2] * 5, edges)
    assert mean_interval(few) == pytest.approx((7.5, 7.5, 7.5))
    found = compare(few, many)
    assert found.difference == pytest.approx((0.0, 0.0, 0.0), abs=1e-12) and found.p_value == 1
    assert np.ptp(np.stack(band(few, np.array([5.0, 7.0, 10.0]))), 0).max() < 1e-12


def test_the_interval_in_bins_is_as_wide_as_the_standard_error_says():
    found = drawn(np.random.default_rng(0), 200, small=0.1)
    parts = [found.errors[found.bins == number] for number in (0, 1)]
    error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)) / 2
    interval = mean_interval(found)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_spaces_that_differ_in_complexity_alone_are_rarely_told_apart_and_others_are(monkeypatch):
    monkeypatch.setattr(distribution, "RESAMPLES", 99)
    rng, runs = np.random.default_rng(1), 120
    same = [compare(drawn(rng, 40, 0.8), drawn(rng, 30, 0.3)) for _ in range(runs)]
    other = [compare(drawn(rng, 40, 0.8), drawn(rng, 30, 0.3, shift=1.0)) for _ in range(runs // 4)]
    p_values = np.array([found.p_value for found in same])
    for level in (0.05, 0.5):  # four standard errors of a share of so many
        assert abs((p_values <= level).mean() - level) < 4 * np.sqrt(level * (1 - level) / runs)
    assert np.mean([found.difference.low <= 0 <= found.difference.high for found in same]) > 0.85
    assert np.mean([found.difference.high < 0 for found in other]) > 0.8


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
