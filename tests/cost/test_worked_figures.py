"""Figures that papers and lectures work out by hand."""

import pytest

from dartsx.cost import network_cost, steps_cost
from dartsx.networks import Trace, network
from dartsx.networks.blocks.conv import ConvNorm, Separable
from dartsx.networks.blocks.fire import Fire
from dartsx.networks.blocks.residual import Bottleneck
from dartsx.networks.layers import Input


def block_cost(block, *shape):
    trace = Trace()
    trace.block(block, trace.add(Input(shape)))
    return steps_cost(trace.steps)


def test_a_bottleneck_needs_8_5_times_fewer_multiply_adds_than_a_plain_convolution():
    plain = block_cost(ConvNorm(2048, 3), 7, 7, 2048)
    bottleneck = block_cost(Bottleneck(2048, 512), 7, 7, 2048)
    assert plain.macs == 49 * 37_748_736
    assert bottleneck.macs == 49 * (1_048_576 + 2_359_296 + 1_048_576)
    assert round(plain.macs / bottleneck.macs, 1) == 8.5


# Parameters of SqueezeNet's layers before pruning (arXiv:1602.07360, table 1): fire2 to fire9.
FIRES = [
    (96, 16, 128, 11_920),
    (128, 16, 128, 12_432),
    (128, 32, 256, 45_344),
    (256, 32, 256, 49_440),
    (256, 48, 384, 104_880),
    (384, 48, 384, 111_024),
    (384, 64, 512, 188_992),
    (512, 64, 512, 197_184),
]


@pytest.mark.parametrize(("channels", "squeeze", "features", "params"), FIRES)
def test_parameters_of_fire_modules(channels, squeeze, features, params):
    assert block_cost(Fire(features, squeeze), 13, 13, channels).params == params


def test_parameters_of_all_of_squeezenet():
    assert 14_208 + sum(fire[-1] for fire in FIRES) + 513_000 == 1_248_424
    assert network_cost(network("squeezenet1_0")).params == 1_248_424


def test_depthwise_separable_against_standard_convolution():
    # 8x8x3 in, 5x5 kernel, 256 outputs, same size.
    standard = block_cost(ConvNorm(256, 5, norm=False, bias=False), 8, 8, 3)
    separable = block_cost(Separable(256, 5), 8, 8, 3)
    assert standard.macs == 1_228_800
    depthwise, pointwise = separable.rows
    assert (depthwise.macs, pointwise.macs) == (4_800, 49_152)
    assert separable.macs == 53_952
    # 1 / features + 1 / k^2 of it (MobileNet, arXiv:1704.04861, section 3.1).
    assert separable.macs / standard.macs == pytest.approx(1 / 256 + 1 / 25)
    # Weights alone, without the batch norms' scale and bias.
    assert (standard.params, separable.params - 2 * 3 - 2 * 256) == (19_200, 75 + 768)


def test_grouped_convolution_divides_multiply_adds_by_its_groups():
    whole, grouped = (block_cost(ConvNorm(64, 3, groups=groups), 8, 8, 32).macs for groups in (1, 4))
    assert whole == 4 * grouped == 64 * 9 * 32 * 64
