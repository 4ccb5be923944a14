"""Chains of inverted bottlenecks: the papers' counts, and published networks as members."""

import math

import numpy as np
import pytest

from dartsx.networks import network
from dartsx.networks.block_list import shipped
from dartsx.networks.difference import same_layers
from dartsx.spaces import SPACES, GenotypeError, Scale, resolve_genotype
from dartsx.spaces.members import MEMBERS, member

COUNTS = {
    "proxyless": 6**6 * 7**15,
    "fbnet": 9**22,
    "ofa": (9**2 + 9**3 + 9**4) ** 5,
    "mnasnet": 432**5,
    "mnasnet_released": 576**2 * 432**3,
    "tunas_proxyless": 3 * 6**6 * 7**15,
    "tunas": 3 * 6**6 * 7**15 * 4**3 * 6 * 7**5,
    # Kernels of stem and first block, blocks of 3 kernels, 2 gates and 6 expansions, widths.
    "mobilenet_v3": 2 * 4 * 36**5 * 37**15 * 4**2 * 6 * 7**5,
    "ofa_proxyless": 9 * (9**2 + 9**3 + 9**4) ** 5,
}
CHAINS = sorted({*COUNTS, *(space for name, space in MEMBERS.items() if name in shipped())})


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_the_papers(name):
    assert SPACES[name].count() == COUNTS[name]


@pytest.mark.parametrize(("name", "size"), [("tunas_proxyless", 1e21), ("tunas", 1e28), ("mobilenet_v3", 1e43)])
def test_products_of_all_options_are_the_sizes_that_the_paper_prints(name, size):
    product = math.prod(len(decision.options) for decision in SPACES[name].decisions.values())
    assert round(math.log10(product)) == round(math.log10(size))


def test_the_first_row_of_a_released_network_as_choices():
    chosen = member("ofa-note8-22").choices
    assert {chosen[f"stage{i}/depth"] for i in range(1, 6)} == {"2"}
    assert (chosen["stage3/block1/kernel"], chosen["stage3/block1/expansion"]) == ("7", "4")
    assert member("FBNet-A").choices["stage1/block1"] == "skip"


def test_a_stage_of_mnasnet_repeats_one_block():
    space = SPACES["mnasnet"]
    chosen = space.sample(np.random.default_rng(0)).choices
    stage = {"op": "conv", "kernel": "3", "se": "0", "filters": "24", "layers": "3", "skip": "pool"}
    arch = space.architecture(chosen | {f"stage1/{name}": label for name, label in stage.items()})
    steps = [step for step in space.network(arch).trace() if "stage1/" in step.name]
    # Three convolutions of 3x3, the first of 16 channels, each with a norm; a 1x1 convolution beside the first.
    assert sum(step.params for step in steps) == 9 * 16 * 24 + 2 * 9 * 24 * 24 + 3 * 48 + 16 * 24


@pytest.mark.parametrize("name", [name for name in MEMBERS if name in shipped()])
def test_published_networks_are_members(name):
    space, arch = SPACES[MEMBERS[name]], member(name)
    assert same_layers(space.network(arch), network(name), shipped()[name]["resolution"])
    assert space.derive(space.encode(arch)) == arch
    assert resolve_genotype(name) == (arch, name)


@pytest.mark.parametrize(("name", "stage", "width"), [("mnasnet_a1", 4, "112"), ("mnasnet_b1", 5, "192")])
def test_mnasnets_own_networks_leave_its_space_by_one_width(name, stage, width):
    space, arch = SPACES["mnasnet_released"], member(name)
    assert same_layers(space.network(arch), network(name), 224)
    assert space.derive(space.encode(arch)) == arch and resolve_genotype(name) == (arch, name)
    with pytest.raises(GenotypeError, match=f"stage{stage}/filters: unknown option '{width}'"):
        SPACES["mnasnet"].validate(arch)
    nearest = {f"stage{stage}/filters": {"112": "120", "192": "200"}[width]}
    SPACES["mnasnet"].architecture(arch.choices | nearest)


@pytest.mark.parametrize("name", CHAINS)
def test_networks_for_small_images_keep_the_size_until_the_second_strided_stage(name):
    space, rng = SPACES[name], np.random.default_rng(0)
    arch = space.sample(rng)
    small, large = space.network(arch, Scale(classes=10)), space.network(arch)
    assert (small.image_size, small.classes, large.image_size, large.classes) == (32, 10, 224, 1000)
    assert {step.shape[0] for step in small.trace() if len(step.shape) == 3} - {1} == {32, 16, 8, 4}
    assert {step.shape[0] for step in large.trace() if len(step.shape) == 3} - {1} == {224, 112, 56, 28, 14, 7}
    assert large.params() - small.params() == 990 * (large.trace()[-1].input_shapes[0][0] + 1)
