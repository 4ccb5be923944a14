"""Blocks have the parameters and multiply-adds of their papers' formulas, and the shapes that they document."""

import dataclasses

import pytest

from dartsx.networks import Trace
from dartsx.networks.blocks.cell import Cell, Design, Pair
from dartsx.networks.blocks.conv import ConvNorm, Depthwise, Factorized, Separable
from dartsx.networks.blocks.fire import Fire
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.mixconv import MixConv, parts
from dartsx.networks.blocks.operations import OPERATIONS, Filters
from dartsx.networks.blocks.residual import BasicBlock, Bottleneck
from dartsx.networks.blocks.shuffle import ShuffleUnitV1, ShuffleUnitV2
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.layers import Input, Norm


def traced(block, shape):
    trace = Trace()
    result = trace.block(block, trace.add(Input(shape)))
    return result.shape, trace.steps


def counts(block, shape):
    """Parameters outside batch norms, and multiply-adds."""
    steps = traced(block, shape)[1]
    return sum(s.params for s in steps if not isinstance(s.layer, Norm)), sum(s.macs for s in steps)


# Block, input shape, output shape, parameters outside batch norms.
CASES = {
    "standard": (ConvNorm(5, 3, 2), (9, 8, 4), (5, 4, 5), 9 * 4 * 5),
    "biased": (ConvNorm(5, 3, norm=False), (8, 8, 4), (8, 8, 5), 9 * 4 * 5 + 5),
    "pointwise": (ConvNorm(5, 1), (8, 8, 4), (8, 8, 5), 20),
    "grouped": (ConvNorm(6, 3, groups=2), (8, 8, 4), (8, 8, 6), 9 * 2 * 6),
    "depthwise": (Depthwise(5, 2), (8, 8, 4), (4, 4, 4), 25 * 4),
    "separable": (Separable(6, 3), (8, 8, 4), (8, 8, 6), 9 * 4 + 4 * 6),
    "factorized": (Factorized(6, 7, 2), (8, 8, 4), (4, 4, 6), 7 * 4 * 6 + 7 * 6 * 6),
    "basic": (BasicBlock(4), (8, 8, 4), (8, 8, 4), 2 * 9 * 16),
    "basic, projected": (BasicBlock(8, 2), (8, 8, 4), (4, 4, 8), 9 * 32 + 9 * 64 + 32),
    "basic, padded": (BasicBlock(8, 2, padded=True), (7, 7, 4), (4, 4, 8), 9 * 32 + 9 * 64),
    "bottleneck": (Bottleneck(16, 4), (8, 8, 16), (8, 8, 16), 64 + 9 * 16 + 64),
    "resnext": (Bottleneck(16, 8, groups=4), (8, 8, 16), (8, 8, 16), 128 + 9 * 2 * 8 + 128),
    "se": (SqueezeExcite(1 / 4), (8, 8, 16), (8, 8, 16), 16 * 4 + 4 + 4 * 16 + 16),
    "se bottleneck": (Bottleneck(16, 4, se=SqueezeExcite(1 / 4)), (8, 8, 16), (8, 8, 16), 272 + 148),
    "fire": (Fire(128, 16), (8, 8, 96), (8, 8, 128), 96 * 16 + 16 + 16 * 64 + 64 + 9 * 16 * 64 + 64),
    "fire, simple bypass": (Fire(8, 2, "simple"), (8, 8, 8), (8, 8, 8), 18 + 12 + 4 * 18 + 4),
    "fire, complex bypass": (Fire(8, 2, "complex"), (8, 8, 4), (8, 8, 8), 10 + 12 + 76 + 40),
    "inverted": (InvertedBottleneck(4, 6), (8, 8, 4), (8, 8, 4), 4 * 24 + 9 * 24 + 24 * 4),
    "inverted, not expanded": (InvertedBottleneck(6, 1, stride=2), (8, 8, 4), (4, 4, 6), 36 + 24),
    "inverted, gated": (
        InvertedBottleneck(4, 4, se=SqueezeExcite(1 / 4, of="input")),
        (8, 8, 4), (8, 8, 4), 64 + 144 + (16 + 1 + 16 + 16) + 64,
    ),
    "inverted, mixed": (InvertedBottleneck(4, 2, kernel=(3, 5)), (8, 8, 4), (8, 8, 4), 32 + 9 * 4 + 25 * 4 + 32),
    "mixconv": (MixConv((3, 5, 7)), (8, 8, 8), (8, 8, 8), 9 * 4 + 25 * 2 + 49 * 2),
    "shuffle v1": (ShuffleUnitV1(12, 3), (8, 8, 12), (8, 8, 12), 12 + 27 + 12),
    "shuffle v1, strided": (ShuffleUnitV1(24, 3, 2), (8, 8, 12), (4, 4, 24), 12 * 2 + 54 + 2 * 12),
    "shuffle v1, ungrouped": (ShuffleUnitV1(24, 3, 2, True), (8, 8, 12), (4, 4, 24), 12 * 6 + 54 + 24),
    "shuffle v2": (ShuffleUnitV2(8), (8, 8, 8), (8, 8, 8), 16 + 36 + 16),
    "shuffle v2, strided": (ShuffleUnitV2(12, 2), (7, 7, 8), (4, 4, 12), (72 + 48) + (48 + 54 + 36)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_shapes_and_parameters(name):
    block, shape, expected, params = CASES[name]
    assert traced(block, shape)[0] == expected
    assert counts(block, shape)[0] == params


def test_blocks_are_values():
    for block, *_ in CASES.values():
        assert block == dataclasses.replace(block) and hash(block) == hash(dataclasses.replace(block))


def test_a_separable_convolution_costs_a_fraction_of_a_standard_one():
    # 1 / features + 1 / kernel^2 (MobileNet, section 3.1).
    separable, standard = (counts(block, (8, 8, 16))[1] for block in (Separable(32, 3), ConvNorm(32, 3)))
    assert separable / standard == pytest.approx(1 / 32 + 1 / 9)


def test_channels_are_split_evenly_and_the_first_part_takes_the_rest():
    assert parts(11, 3) == (5, 3, 3)
    with pytest.raises(ValueError, match="2 channels cannot be split into 3 parts"):
        parts(2, 3)


def test_a_unit_whose_width_cannot_be_grouped_names_the_layer():
    with pytest.raises(ValueError, match="compress: 10 to 2 channels cannot be split into 3 groups"):
        traced(ShuffleUnitV1(10, 3), (8, 8, 10))


def test_simple_bypass_needs_equal_widths():
    with pytest.raises(ValueError, match="cannot add shapes"):
        traced(Fire(8, 2, "simple"), (8, 8, 4))


# -------------------------------------------------------------------------------------- cells
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [16, 10])
def test_all_13_operations_bring_any_input_to_the_filters(operation, stride, channels):
    trace = Trace()
    x = trace.add(Input((7, 7, channels)))
    y = OPERATIONS[operation].apply(Filters(trace, 16, 1e-3), x, stride)
    assert y.shape == ((7, 7, 16) if stride == 1 else (4, 4, 16))
    assert len(OPERATIONS) == 13


def cell(states, concat, stride=1, features=4):
    """Result and steps of a cell with one block, on results of these shapes."""
    trace = Trace()
    history = [trace.add(Input(shape)) for shape in states]
    design = Design((Pair("max_pool_3x3", 0, "identity", 1),), concat)
    trace.results = history
    result = Cell(design, features, stride).build(trace, history[-1])
    return result.shape, [step.name for step in trace.steps if step.weights]


def test_the_result_before_the_last_is_adjusted_to_size_and_width():
    begin = ["begin", "begin_norm"]
    assert cell([(8, 8, 4), (8, 8, 6)], (2,)) == ((8, 8, 4), begin)
    assert cell([(8, 8, 6), (8, 8, 6)], (2,)) == ((8, 8, 4), [*begin, "adjust", "adjust_norm"])
    halves = ["adjust/even", "adjust/odd", "adjust/reduction_norm"]
    assert cell([(15, 15, 6), (8, 8, 6)], (2,)) == ((8, 8, 4), [*begin, *halves])


def test_the_first_cell_reads_one_value_twice_as_it_is():
    # The identity then brings the raw value to the cell's width.
    shape, names = cell([(8, 8, 6)], (2,))
    assert (shape, names[2:]) == ((8, 8, 4), ["pair0/right/1x1", "pair0/right/1x1_norm"])


def test_concatenated_states_are_brought_to_the_size_of_the_last():
    shape, names = cell([(8, 8, 4), (8, 8, 6)], (0, 1, 2), stride=2)
    assert shape == (4, 4, 12)
    for state in (0, 1):
        assert [f"reduce_state{state}/{part}" for part in ("even", "odd", "reduction_norm")] == [
            name for name in names if name.startswith(f"reduce_state{state}")
        ]


def test_designs_refuse_unknown_operations_and_later_states():
    with pytest.raises(ValueError, match="unknown operation 'sep_3x3'.*allowed: identity"):
        Design((Pair("sep_3x3", 0, "identity", 1),), (2,))
    with pytest.raises(ValueError, match="state read by block 0 2; allowed: 0, 1"):
        Design((Pair("identity", 2, "identity", 1),), (2,))
    with pytest.raises(ValueError, match="concatenated state 3; allowed: 0, 1, 2"):
        Design((Pair("identity", 0, "identity", 1),), (3,))
