"""Drawing networks in a band of multiply-adds."""

import dataclasses

import numpy as np
import pytest

from dartsx.spaces import SPACES, SpaceError
from dartsx.spaces.draws import Band, draw
from dartsx.spaces.graphs import dag

IMAGES = (12, 12, 1)


def scale(space):
    return dataclasses.replace(space.scale, classes=10, image_size=12)


def drawn(name, count, band):
    space = SPACES[name]
    return draw(space, count, np.random.default_rng(0), scale(space), IMAGES, band)


def test_networks_differ_and_lie_in_the_band():
    found = drawn("anynet_digits_d", 20, Band(2e4, 4e4))
    assert len({network.architecture for network in found}) == 20
    for network in found:
        SPACES["anynet_digits_d"].validate(network.architecture)
        counted = SPACES["anynet_digits_d"].network(network.architecture, scale(SPACES["anynet_digits_d"]))
        assert network.macs == counted.macs(IMAGES) and 2e4 <= network.macs <= 4e4
        assert network.params == counted.params(IMAGES)


def test_of_a_space_that_holds_no_more_all_are_taken():
    space = dag.space(1)
    found = draw(space, 10, np.random.default_rng(0), space.scale, (32, 32, 3))
    assert {network.architecture for network in found} == set(space) and len(found) == 10


def test_a_band_without_networks_is_named_with_what_was_seen():
    with pytest.raises(SpaceError, match=r"0 of 1 networks have 1e\+09 to 2e\+09 multiply-adds; among \d+ there are"):
        drawn("anynet_digits_e", 1, Band(1e9, 2e9))
