"""Open numbers: arithmetic and rounding go through the whole table, and equality is that of tables."""

import copy
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dartsx.networks import Width
from dartsx.networks.open.size import at, each, expected, joint_axes, same
from dartsx.networks.rounding import make_divisible, scaled_depth

W, V = Width("w", (8, 16, 24)), Width("v", (2, 3))


def values(number):
    """By options of w and v."""
    return {(w, v): at(number, {"w": str(w), "v": str(v)}) for w in (8, 16, 24) for v in (2, 3)}


@given(a=st.integers(1, 9), b=st.integers(1, 9), ratio=st.floats(0.05, 3))
def test_every_operation_is_that_of_the_options(a, b, ratio):
    formulas = [
        lambda w, v: (w + a) * v - b,
        lambda w, v: a * w // (v + b),
        lambda w, v: (b - w) % (a + v),
        lambda w, v: -w + 2**v,
        lambda w, v: round(w * ratio) + round(v / ratio, 1),
        lambda w, v: w / v + a / w,
        lambda w, v: scaled_depth(w, ratio) * v,
        lambda w, v: make_divisible(w * ratio, 8) + make_divisible(v, 4, 2),
        lambda w, v: each(max, w, a * v) + each(min, v, b),
        lambda w, v: math.floor(w * ratio) + math.prod((w, v, a)) + sum((w, v)),
    ]
    for formula in formulas:
        assert values(formula(W, V)) == {(w, v): formula(w, v) for w in (8, 16, 24) for v in (2, 3)}


def test_a_width_counts_as_its_widest_option():
    assert int(W) == 24 and list(range(W))[-1] == 23 and int(W * V) == 72 and int(48 - W) == 40


def test_results_that_no_decision_changes_are_plain():
    assert type(W - W) is int and W // W == 1 and type(W * 0) is int


def test_equality_is_that_of_the_tables():
    assert Width("w", (8, 16)) == Width("w", (8, 16)) and hash(Width("w", (8, 16))) == hash(Width("w", (8, 16)))
    assert W != 24 and W != 24 and (1, W) != (1, 24)
    assert Width("a", (8, 16)) != Width("b", (8, 16))
    assert W * 2 == W + W and str(W) == f"{W}" == "8|16|24"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_keep_the_table(duplicate):
    assert duplicate(W) == W and duplicate(W * V) == W * V


def test_layers_must_not_depend_on_whether_widths_are_equal():
    assert same(W, W) and not same(W, 7) and not same(W, W + 1) and same(5, 5)
    with pytest.raises(ValueError, match=r"whether 8\|16\|24 and 16 channels are equal depends on w"):
        same(W, 16)


def test_expected_values_are_linear_in_every_row_and_exact_at_options():
    rows = {"w": dict(zip(("8", "16", "24"), (0.5, 0.25, 0.25), strict=True)), "v": {"2": 0.1, "3": 0.9}}
    assert expected(W * V, lambda name, option: rows[name][option]) == pytest.approx(14 * 2.9)
    assert expected(7, None) == 7
    assert expected(W * W, lambda name, option: option == "16") == 256


def test_the_same_decision_with_other_options_is_an_error():
    with pytest.raises(ValueError, match="decision w has options 8, 16, 24 and elsewhere 8, 16"):
        W + Width("w", (8, 16))
    assert joint_axes((W, V, 3)) == (("v", ("2", "3")), ("w", ("8", "16", "24")))


@pytest.mark.parametrize("options", [(), (0, 8), (8, 8), (1.5,), (True,)])
def test_options_are_different_whole_numbers(options):
    with pytest.raises(ValueError, match="width w"):
        Width("w", options)


def test_choices_must_name_an_option():
    with pytest.raises(ValueError, match="no option chosen for decision w; allowed: 8, 16, 24"):
        at(W, {})
    with pytest.raises(ValueError, match="decision w has no option '9'"):
        at(W, {"w": "9"})
