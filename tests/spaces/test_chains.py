"""Chains of inverted bottlenecks: the papers' counts, and published networks as members."""

import numpy as np
import pytest

from dartsx.networks import network
from dartsx.networks.block_list import shipped
from dartsx.networks.difference import same_layers
from dartsx.spaces import SPACES, Scale, resolve_genotype
from dartsx.spaces.chains.members import MEMBERS, member

COUNTS = {
    "proxyless": 6**6 * 7**15,
    "fbnet": 9**22,
    "ofa": (9**2 + 9**3 + 9**4) ** 5,
    "ofa_proxyless": 9 * (9**2 + 9**3 + 9**4) ** 5,
}
CHAINS = sorted({*COUNTS, *MEMBERS.values()})


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_the_papers(name):
    assert SPACES[name].count() == COUNTS[name]


@pytest.mark.parametrize("name", MEMBERS)
def test_published_networks_are_members(name):
    space, arch = SPACES[MEMBERS[name]], member(name)
    assert same_layers(space.network(arch), network(name), shipped()[name]["resolution"])
    assert space.derive(space.encode(arch)) == arch
    assert resolve_genotype(name) == (arch, name)


@pytest.mark.parametrize("name", CHAINS)
def test_networks_for_small_images_keep_the_size_until_the_second_strided_stage(name):
    space, rng = SPACES[name], np.random.default_rng(0)
    arch = space.sample(rng)
    small, large = space.network(arch, Scale(classes=10)), space.network(arch)
    assert (small.image_size, small.classes, large.image_size, large.classes) == (32, 10, 224, 1000)
    assert {step.shape[0] for step in small.trace() if len(step.shape) == 3} - {1} == {32, 16, 8, 4}
    assert {step.shape[0] for step in large.trace() if len(step.shape) == 3} - {1} == {224, 112, 56, 28, 14, 7}
    assert large.params() - small.params() == 990 * (large.trace()[-1].input_shapes[0][0] + 1)
