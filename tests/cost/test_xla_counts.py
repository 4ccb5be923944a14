"""Multiply-adds agree with XLA's own count of a lowered program where no tap reads padding; nothing is compiled."""

import jax
import jax.numpy as jnp
import pytest

from dartsx.cost import network_cost
from dartsx.networks import Network
from dartsx.networks.blocks.conv import ConvNorm, Dense
from dartsx.networks.layers import Conv, Flatten
from dartsx.nn import CellNetwork
from dartsx.nn.described import DescribedNetwork
from dartsx.spaces import Cell, Edge, Genotype


def flops(module, *shape):
    """XLA's count for the forward pass of one image."""
    images = jnp.zeros((1, *shape))
    like = jax.eval_shape(lambda key: module.init(key, images, train=False), jax.random.key(0))
    forward = jax.jit(lambda variables, images: module.apply(variables, images, train=False))
    return forward.lower(like, images).cost_analysis()["flops"]


def described(*blocks):
    return Network("test", blocks[:1], (), blocks[1:], "a test", 9)


BARE = {"norm": False, "bias": False, "act": None}
NETWORKS = {
    "pointwise": described(ConvNorm(8, 1, **BARE), ConvNorm(16, 1, **BARE), Conv(4, (1, 1))),
    "valid": described(ConvNorm(8, 3, padding=0, **BARE), Conv(4, (1, 3)), Conv(4, (3, 2))),
    "strided": described(ConvNorm(8, 3, 2, padding=0, **BARE), ConvNorm(8, 2, 2, padding=0, **BARE)),
    "grouped": described(ConvNorm(8, 1, **BARE), ConvNorm(12, 3, groups=4, padding=0, **BARE)),
    "depthwise": described(ConvNorm(8, 1, **BARE), ConvNorm(8, 3, groups=8, padding=0, **BARE)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_without_padding_every_multiply_add_is_two_flops(name):
    network = NETWORKS[name]
    assert flops(DescribedNetwork(network, form="plain"), 9, 9, 3) == 2 * network_cost(network, 9).macs


def test_a_linear_layer_adds_its_bias():
    network = described(Conv(4, (1, 1)), Flatten(), Dense(10, None))
    cost = network_cost(network, 9)
    assert flops(DescribedNetwork(network), 9, 9, 3) == 2 * cost.macs + 10


def test_with_padding_xla_counts_fewer():
    network = described(ConvNorm(8, 3, **BARE))
    counted = flops(DescribedNetwork(network, form="plain"), 9, 9, 3)
    # 25 of 27 taps along each side of 9 pixels read pixels.
    assert counted == 2 * network_cost(network, 9).macs * 25**2 / 27**2


def test_a_network_of_cells_without_windows_agrees_but_for_elementwise_work():
    # The padded stem apart, only 1x1 convolutions; elementwise flops do not depend on the width of the products.
    cell = Cell((Edge("skip_connect", 0, 2), Edge("skip_connect", 1, 2)), (2,))
    network = CellNetwork(Genotype(cell, cell), 8, 3, 10)
    macs = network_cost(network.description, 8).macs
    assert 0.9 * macs < flops(network, 8, 8, 3) / 2 < 1.25 * macs
