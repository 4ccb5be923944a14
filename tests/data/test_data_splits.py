"""Halves of a search and held-out examples."""

import numpy as np
import pytest

from dartsx.data import search_halves, stratified_holdout


@pytest.mark.parametrize(("size", "fraction", "first"), [(50000, 0.5, 25000), (1437, 0.5, 718)])
def test_halves_are_disjoint_and_hold_every_example(size, fraction, first):
    train, valid = search_halves(size, seed=3, train_fraction=fraction)
    assert train.dtype == valid.dtype == np.int32
    assert len(train) == first
    assert not set(train.tolist()) & set(valid.tolist())
    np.testing.assert_array_equal(np.sort(np.concatenate([train, valid])), np.arange(size))


def test_halves_depend_on_the_seed_alone():
    first, again, other = (search_halves(1000, seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert 400 < len(set(first.tolist()) - set(other.tolist())) + 200 < 500  # about half differ


@pytest.mark.parametrize("fraction", [0.0, 1.0, 0.001, -0.5, 1.5])
def test_halves_refuse_an_empty_part(fraction):
    with pytest.raises(ValueError, match="leaves one of the two parts empty"):
        search_halves(100, 0, fraction)


def test_holdout_takes_the_same_share_of_every_class():
    labels = np.random.default_rng(0).integers(0, 10, 1797)
    kept, out = stratified_holdout(labels, 0.2, seed=5)
    assert len(out) == round(0.2 * 1797)
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, out])), np.arange(1797))
    share = np.bincount(labels[out], minlength=10) - 0.2 * np.bincount(labels, minlength=10)
    assert np.abs(share).max() <= 1


def test_holdout_depends_on_the_seed():
    labels = np.arange(100) % 5
    first, again, other = (stratified_holdout(labels, 0.2, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_holdout_refuses_an_empty_part():
    with pytest.raises(ValueError, match="holding out 0.01 of 10 examples"):
        stratified_holdout(np.zeros(10, int), 0.01, 0)
