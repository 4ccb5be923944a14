"""The expectation of random search against enumeration of all draws."""

import itertools

import numpy as np
import pytest

from dartsx.tabular import expected_best


@pytest.mark.parametrize("n", [1, 2, 3])
def test_it_equals_the_mean_over_all_draws(n):
    valid = np.array([3.0, 1.0, 2.0, 2.0, 0.0])
    test = np.array([5.0, 1.0, 9.0, 4.0, 2.0])

    def outcome(draw):
        best = max(valid[list(draw)])
        return np.mean([test[i] for i in draw if valid[i] == best])

    draws = itertools.product(range(len(valid)), repeat=n)
    assert expected_best(valid, test, n) == pytest.approx(np.mean([outcome(draw) for draw in draws]))


def test_it_goes_from_the_mean_to_the_best():
    rng = np.random.default_rng(0)
    values = rng.normal(size=100)
    assert expected_best(values, values, 1) == pytest.approx(values.mean())
    assert expected_best(values, values, 10_000) == pytest.approx(values.max())


def test_what_cannot_be_is_refused():
    for given in ((np.ones(3), np.ones(3), 0), (np.ones(3), np.ones(2), 1), ([np.nan], [1.0], 1)):
        with pytest.raises(ValueError, match="needs n|finite"):
            expected_best(*given)
