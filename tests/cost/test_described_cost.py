"""Costs of described networks: sums over their layers, printed figures, refusals."""

import json
import math

import pytest

from dartsx.cost import network_cost
from dartsx.networks import names, network

# Millions of activations as the authors of the count print them, and of inputs read (arXiv:2003.13678; pycls's model
# zoo has the same figures): 200MF, 400MF, ... 32GF.
SIZES = ("200mf", "400mf", "600mf", "800mf", "1_6gf", "3_2gf", "4gf", "6_4gf", "8gf", "12gf", "16gf", "32gf")
ACTIVATIONS = {
    "regnetx": (2.2, 3.1, 4.0, 5.1, 7.9, 11.4, 12.2, 16.4, 14.1, 21.4, 25.5, 36.3),
    "regnety": (2.2, 3.9, 4.3, 5.2, 8.0, 11.3, 12.3, 16.4, 18.0, 21.4, 23.0, 30.3),
}


@pytest.mark.parametrize("name", names())
def test_totals_are_those_of_the_description(name):
    net = network(name)
    cost = network_cost(net)
    assert (cost.params, cost.macs) == (net.params(), net.macs())
    assert len({row.name for row in cost.rows}) == len(cost.rows)
    assert cost.memory >= max(math.prod(row.shape) for row in cost.rows)


@pytest.mark.parametrize("family", ACTIVATIONS)
def test_activations_equal_the_printed_ones(family):
    counted = [network_cost(network(f"{family}_{size}"), 224).activations for size in SIZES]
    assert [round(count / 1e6, 1) for count in counted] == list(ACTIVATIONS[family])


def test_counts_equal_the_reference(reference_dir):
    models = json.loads((reference_dir / "networks.json").read_text())["models"]
    compared = 0
    for key, reference in models.items():
        name = key.split(".")[1]
        if key == "timm.nasnetalarge":
            continue  # 331 pixels; compared below
        cost = network_cost(network(name), 224)
        assert (cost.params, cost.macs) == (reference["params"], reference["macs_224"]), key
        compared += 1
    large = models["timm.nasnetalarge"]
    cost = network_cost(network("nasnet_a_large"), 331)
    assert (cost.params, cost.macs) == (large["params"], large["macs_331"])
    assert compared >= 15


def test_groups_are_stem_stages_and_head():
    groups = network_cost(network("mobilenet_v2")).groups()
    assert [group.name for group in groups] == ["stem", *(f"stage{i}" for i in range(1, 8)), "head"]
    # The last stage ends in 320 channels on 7x7 pixels (MobileNetV2, table 2).
    assert groups[-2].shape == (7, 7, 320)


def test_peak_memory_of_mobilenet_v2_by_hand():
    cost = network_cost(network("mobilenet_v2"), 224)
    # The first strided depthwise convolution: 96 channels in on 112x112 pixels, as many out on 56x56.
    assert cost.memory == 96 * 112**2 + 96 * 56**2
    # In a residual block the input waits for the sum, while the last layer turns 144 channels into 24.
    rows = {row.name: row.memory for row in cost.rows}
    assert rows["stage2/block1/project"] == (24 + 144 + 24) * 56**2


@pytest.mark.parametrize(("shape", "message"), [((16, 16), "image shape"), (0, "image shape 0"), (8, "alexnet on")])
def test_images_that_do_not_fit_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        network_cost(network("alexnet"), shape)
