"""Counts of many networks of a chain at once are those of `network_cost`, one by one."""

import numpy as np
import pytest

from dartsx.cost import network_cost
from dartsx.cost.chain import chain_counts, chain_parts
from dartsx.networks import Network, Width
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import SPACES
from dartsx.spaces.chains.tinynas import tinynas

CHAINS = {"tinynas": tinynas(0.3, 48), "ofa": SPACES["ofa"], "fbnet": SPACES["fbnet"]}


@pytest.mark.parametrize("name", CHAINS)
def test_counts_are_exactly_those_of_each_network(name):
    space, rng = CHAINS[name], np.random.default_rng(0)
    architectures = [space.sample(rng) for _ in range(5)]
    numbers = {
        decision: np.array(
            [found.options.index(arch.choices.get(decision, found.options[-1])) for arch in architectures]
        )
        for decision, found in space.decisions.items()
    }
    counts = chain_counts(chain_parts(space.description()), numbers)
    for i, architecture in enumerate(architectures):
        cost = network_cost(space.network(architecture))
        assert (counts.params[i], counts.macs[i], counts.memory[i]) == (cost.params, cost.macs, cost.memory)
    assert (counts.in_place <= counts.memory).all()


def test_a_depthwise_convolution_in_place_saves_its_output():
    space = tinynas(1.0, 48)
    part = chain_parts(space.description())[2]  # the first block of stage 1: 24x24 of 16 channels to 12x12 of 24
    kernel, expansion = (space.decisions[name].options for name in part.decisions)
    at = kernel.index("3"), expansion.index("6")
    entered, wide, narrow, left = 24 * 24 * 16, 24 * 24 * 96, 12 * 12 * 96, 12 * 12 * 24
    assert part.table["memory"][at] == max(entered + wide, wide + narrow, narrow + left)
    assert part.table["in_place"][at] == max(entered + wide, narrow + left)


def test_open_widths_between_blocks_are_named():
    wide = ConvNorm(Width("wide", (4, 8)))
    with pytest.raises(ValueError, match="decisions wide change the shape between blocks"):
        chain_parts(Network("x", (wide,), (), (Classifier(2),), "a test", 8))


def test_the_space_of_a_width_and_a_resolution():
    assert tinynas(0.5, 144).count() == 9 * (9**2 + 9**3 + 9**4) ** 5
    network = tinynas(0.5, 144).network(tinynas(0.5, 144).sample(np.random.default_rng(0)))
    assert (network.image_size, network.classes) == (144, 100)
