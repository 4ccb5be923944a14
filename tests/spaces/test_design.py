"""Compound scaling and the design of RegNet as spaces: counts, members, restrictions."""

import collections

import numpy as np
import pytest

from dartsx.networks import network
from dartsx.networks.difference import same_layers
from dartsx.networks.regnet import X, stages
from dartsx.spaces import SPACES, GenotypeError, Scale
from dartsx.spaces.chains import anynet_digits, efficientnet, regnet, trilevel

SIZES = 16 * 128
COUNTS = {
    "anynetx_a": (SIZES * 3 * 6) ** 4,
    "anynetx_b": (SIZES * 6) ** 4 * 3,
    "anynetx_c": SIZES**4 * 18,
    "anynetx_d": 16**4 * (128 * 129 * 130 * 131 // 24) * 18,
    "anynetx_e": (16 * 17 * 18 * 19 // 24) * (128 * 129 * 130 * 131 // 24) * 18,
    "regnetx": 64**4 * 18,
}


DIGITS = {
    "a": (2 * 4 * 3 * 4) ** 3,
    "b": (2 * 4 * 4) ** 3 * 3,
    "c": (2 * 4) ** 3 * 12,
    "d": 2**3 * (4 * 5 * 6 // 6) * 12,
    "e": (2 * 3 * 4 // 6) * (4 * 5 * 6 // 6) * 12,
}


@pytest.mark.parametrize("letter", DIGITS)
def test_counts_along_the_chain_at_the_size_of_digits(letter):
    space = getattr(anynet_digits, f"anynet_digits_{letter}")
    assert space.count() == DIGITS[letter]
    enclosing = {"d": anynet_digits.anynet_digits_c, "e": anynet_digits.anynet_digits_c}.get(letter, space)
    assert space.enclosing is enclosing and space.decisions == enclosing.decisions


def test_sizes_that_fall_are_refused():
    choices = next(iter(anynet_digits.anynet_digits_e)).choices | {"stage1/width": "12", "stage2/width": "8"}
    anynet_digits.anynet_digits_c.architecture(choices)
    with pytest.raises(GenotypeError, match="widths of the stages must not fall: 12, 8, 4"):
        anynet_digits.anynet_digits_d.architecture(choices)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_along_the_chain_of_restrictions(name):
    assert SPACES[name].count() == COUNTS[name]
    assert f"{COUNTS['anynetx_a']:.1e}" == "1.8e+18"


@pytest.mark.parametrize(("size", "last"), [("200mf", "e"), ("400mf", "e"), ("800mf", "d")])
def test_released_networks_are_members_until_their_depths_fall(size, last):
    found = stages(X[size])
    chosen = {"ratio": "1", "group": str(found[0].group)}
    for i, stage in enumerate(found, 1):
        chosen |= {f"stage{i}/depth": str(stage.depth), f"stage{i}/width": str(stage.width)}
    for letter in "cde"[: "cde".index(last) + 1]:
        space = SPACES[f"anynetx_{letter}"]
        assert same_layers(space.network(space.architecture(chosen)), network(f"regnetx_{size}"))
    if last == "d":
        with pytest.raises(GenotypeError, match="depths of the stages must not fall: 1, 3, 7, 5"):
            SPACES["anynetx_e"].architecture(chosen)


def test_the_width_rule_gives_the_released_networks():
    chosen = {"depth": "13", "w_0": "24", "w_a": "36", "w_m": "2.500", "ratio": "1", "group": "8"}
    arch = SPACES["regnetx"].architecture(chosen)
    widths = [stage[-1].features for stage in SPACES["regnetx"].network(arch).stages]
    assert len(widths) == 4 and widths == sorted(widths) and widths[0] == 24


def test_lists_that_do_not_fall_are_drawn_uniformly():
    rng = np.random.default_rng(0)
    drawn = collections.Counter(tuple(regnet._multiset((1, 2), 4, rng)) for _ in range(2500))
    assert set(drawn) == {(1,) * (4 - i) + (2,) * i for i in range(5)}
    assert all(400 < number < 600 for number in drawn.values())


def test_the_first_stage_keeps_the_size_of_small_images():
    arch = SPACES["anynetx_a"].sample(np.random.default_rng(0))
    steps = SPACES["anynetx_a"].network(arch, Scale()).trace()
    assert {step.shape[0] for step in steps if len(step.shape) == 3} == {32, 16, 8, 4}


def test_compound_scaling_doubles_the_work():
    space = SPACES["efficientnet"]
    space.validate(efficientnet.FOUND)
    assert space.count() == len(list(space)) == len({str(arch) for arch in space})
    assert all(1.9 <= efficientnet.work(arch.choices) <= 2.1 for arch in space)
    with pytest.raises(GenotypeError, match=r"alpha beta\^2 gamma\^2 = 1.000 must be 2 within 5%"):
        space.architecture({"alpha": "1", "beta": "1", "gamma": "1"})


def test_the_grid_over_a_baseline_for_digits_scales_all_three():
    space = efficientnet.efficientnet_digits
    assert space.count() == SPACES["efficientnet"].count()
    deep, wide, large = (
        space.network(space.architecture({"alpha": alpha, "beta": beta, "gamma": gamma}))
        for alpha, beta, gamma in (("1.4", "1.2", "1"), ("1", "1.4", "1"), ("1", "1", "1.4"))
    )
    assert [sum(map(len, network.stages)) for network in (deep, wide, large)] == [8, 5, 5]
    assert [network.stem[0].features for network in (deep, wide, large)] == [10, 12, 8]
    assert [network.image_size for network in (deep, wide, large)] == [12, 12, 17]


def test_scaling_by_nothing_is_the_baseline_and_the_first_step_that_of_the_rule():
    choices = efficientnet.FOUND.choices
    baseline = efficientnet.scaled_by(choices, SPACES["efficientnet"].scale, phi=0)
    assert same_layers(baseline, network("efficientnet_b0")) and baseline.image_size == 224
    assert SPACES["efficientnet"].network(efficientnet.FOUND).image_size == 258


def test_three_levels_over_one_backbone():
    space = SPACES["trilevel"]
    assert space.count() == trilevel.count() == sum((4**5 * 5**4) ** cells for cells in range(1, 6))
    assert f"{space.count():.1e}" == "1.1e+29"
    plain = {f"cell1/op{i}": "conv_1x1" for i in range(1, 6)} | {f"cell1/width{i}": "4" for i in range(1, 5)}
    network = space.network(space.architecture({"cells": "1", **plain}))
    # Stem of one 3x3 convolution on colours, 24 -> 8 -> 8 -> 8 -> 8 -> 24 channels by 1x1, norms, classifier.
    inside = 24 * 8 + 3 * 8 * 8 + 8 * 24 + 2 * (4 * 8 + 24)
    assert network.params() == 27 * 24 + 48 + inside + 25 * 10
