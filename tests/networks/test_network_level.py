"""Networks whose backbones were searched as a whole count as published, or as an independent count of them."""

import pytest

from dartsx.cost import network_cost
from dartsx.networks import network

# own_params and own_multiply_adds of the reference data; the others are this project's, near the published 1.3G, 3.8G.
DETNAS = {"detnas_0": (3_532_072, 321_219_008), "detnas_2": (10_425_256, 1_318_374_496)}
# With 19 classes, ASPP and decoder; published as 10.15, 21.62 and 44.42 million.
DEEPLAB = {"auto_deeplab_s": 10_147_427, "auto_deeplab_m": 21_622_451, "auto_deeplab_l": 44_424_691}


@pytest.mark.parametrize("name", DETNAS)
def test_detnas_backbones_with_their_heads(name):
    cost = network_cost(network(name), 224)
    assert (cost.params, cost.macs) == DETNAS[name]


def test_detnas_backbone_without_its_head():
    steps = [step for step in network("detnas_0").trace(224) if not step.name.startswith("head")]
    assert (sum(step.params for step in steps), sum(step.macs for step in steps)) == (1_849_664, 288_082_368)


@pytest.mark.parametrize("name", DEEPLAB)
def test_auto_deeplab_networks(name):
    assert network_cost(network(name), 512).params == DEEPLAB[name]


def test_auto_deeplabs_backbone_and_the_shape_of_its_logits():
    steps = network("auto_deeplab_s").trace((1024, 2048, 3))
    backbone = [step for step in steps if not step.name.startswith("head")]
    assert sum(step.params for step in backbone) == 7_030_832
    assert sum(step.macs for step in backbone) == 89_446_940_672
    assert backbone[-1].shape == (128, 256, 200) and steps[-1].shape == (1024, 2048, 19)
    assert network("auto_deeplab_s", classes=3).trace(65)[-1].shape == (65, 65, 3)
