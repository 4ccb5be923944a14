"""Primitive layers: output sizes under every rule of padding, weights, and inputs that are refused."""

import pytest

from dartsx.networks.layers import (
    Activation,
    AdaptivePool,
    Add,
    Concat,
    Conv,
    Linear,
    Multiply,
    PadChannels,
    Pool,
    Shuffle,
    Slice,
    Weight,
)
from dartsx.networks.windows import pads


@pytest.mark.parametrize(
    ("padding", "stride", "size", "expected"),
    [
        (1, 2, 7, ((1, 1), (1, 1))),
        ((0, 2), 1, 7, ((0, 0), (2, 2))),
        (((-1, 1), (0, 3)), 1, 7, ((-1, 1), (0, 3))),
        ("same", 1, 7, ((1, 1), (1, 1))),
        ("same", 2, 7, ((1, 1), (1, 1))),
        ("same", 2, 8, ((0, 1), (0, 1))),  # TensorFlow puts the odd pixel at the end
    ],
)
def test_padding_rules(padding, stride, size, expected):
    assert pads(padding, (3, 3), (stride, stride), (size, size)) == expected


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_same_padding_gives_the_size_over_the_stride_rounded_up(size, kernel):
    conv = Conv(4, (kernel, kernel), (2, 2), "same")
    assert conv.output((size, size, 3))[:2] == (-(-size // 2),) * 2
    assert Conv(4, (kernel, kernel), (2, 2), kernel // 2).output((size, size, 3)) == conv.output((size, size, 3))


def test_convolutions_count_taps_in_groups():
    conv = Conv(8, (3, 1), (2, 1), (1, 0), groups=2, bias=True)
    assert conv.output((9, 5, 6)) == (5, 5, 8)
    assert conv.weights((9, 5, 6)) == {"kernel": Weight((3, 1, 3, 8), 9), "bias": Weight((8,), 0)}
    assert conv.macs((9, 5, 6)) == 5 * 5 * 8 * 3 * 3
    assert Conv(8, (3, 3), padding=2, dilation=2).output((9, 9, 1)) == (9, 9, 8)


def test_windows_that_reach_over_the_end_count_only_where_asked_for():
    assert Pool("max", (3, 3), (2, 2)).output((8, 8, 1)) == (3, 3, 1)
    assert Pool("max", (3, 3), (2, 2), ceil=True).output((8, 8, 1)) == (4, 4, 1)
    # The last window would start in the padding behind the map.
    assert Pool("max", (2, 2), (2, 2), 1, ceil=True).output((3, 3, 1)) == (2, 2, 1)


@pytest.mark.parametrize(
    ("layer", "shapes", "message"),
    [
        (Conv(8, (3, 3)), [(2, 5, 3)], "a map of 2x5 is too small for a window of 3 pixels"),
        (Pool("avg", (5, 5), (1, 1)), [(4, 4, 3)], "4x4 is too small for a window of 5"),
        (Conv(8, (1, 1), groups=3), [(4, 4, 4)], "4 to 8 channels cannot be split into 3 groups"),
        (Linear(3), [(1, 1, 4)], "reads a vector, not a map of shape"),
        (Add(), [(4, 4, 3), (4, 4, 4)], "cannot add shapes"),
        (Concat(), [(4, 4, 3), (4, 5, 3)], "cannot concatenate"),
        (Multiply(), [(4, 4, 3), (1, 1, 4)], "a gate for shape"),
        (Slice(2, 5), [(4, 4, 4)], "no channels 2 to 5 among 4"),
        (Shuffle(3), [(4, 4, 4)], "cannot be shuffled in 3 groups"),
        (PadChannels(3), [(4, 4, 4)], "cannot be padded to 3"),
    ],
)
def test_inputs_that_a_layer_cannot_read_are_refused(layer, shapes, message):
    with pytest.raises(ValueError, match=message):
        layer.output(*shapes)


def test_unknown_activations_are_refused_with_the_choices():
    with pytest.raises(ValueError, match="unknown activation 'gelu'.*; allowed: relu, relu6, swish"):
        Activation("gelu")


def test_adaptive_pools_allow_any_map():
    assert AdaptivePool(7).output((1, 3, 5)) == (7, 7, 5)
