"""The least cost of a space: by enumeration where there are few networks, and never above a network's."""

import dataclasses

import numpy as np
import pytest

from dartsx.cost import additive, expected_latency_of, latency_of, least_cost, network_cost
from dartsx.cost.measured_table import MeasuredTable
from dartsx.cost.open import expected_cost_of
from dartsx.nn import supernet_of
from dartsx.spaces import NB201, CellSpace, DescribedSpace, Scale, named_space
from dartsx.spaces.assignments import Assignments


class Invented(dict):
    """A time of every block that is asked for, at random."""

    def get(self, block):
        return float(np.random.default_rng(list(block.encode())).random())


TABLE = MeasuredTable("mine", Invented(), 1, "float32", "any", "any")


def all_networks(written):
    space = DescribedSpace(written, Scale(classes=3))
    return space, [space.network(space.architecture(chosen)) for chosen in Assignments(space.decisions)]


@pytest.mark.parametrize("name", ["chain", "nested", "widening"])
def test_latency_is_that_of_the_fastest_of_all_networks(open_networks, name):
    space, networks = all_networks(open_networks[name]())
    fastest = min(latency_of(network, TABLE) for network in networks)
    assert expected_latency_of(space.description(), TABLE).least(space.decisions) == pytest.approx(fastest)


@pytest.mark.parametrize("name", ["graph", "trellis"])
def test_multiply_adds_are_those_of_the_cheapest_of_all_networks(open_networks, name):
    space, networks = all_networks(open_networks[name]())
    assert expected_cost_of(space.description()).least(space.decisions) == min(network.macs() for network in networks)


def test_tables_that_would_be_too_large_give_a_lower_bound(monkeypatch):
    space = named_space("digit_chain")
    cost = expected_cost_of(space.description(), None, "macs")
    exact = cost.least(space.decisions)
    monkeypatch.setattr(additive, "MOST_ENTRIES", 1)
    assert 0 < cost.least(space.decisions) <= exact


@pytest.mark.parametrize("kind", ["params", "macs", "activations"])
@pytest.mark.parametrize("name", ["cells", "nb201"])
def test_cells_are_exact_where_any_primitive_may_stand(name, kind):
    space = NB201 if name == "nb201" else CellSpace(("skip_connect", "conv_1x1"), num_nodes=1)
    supernet, rng = supernet_of(space, channels=4, layers=1, classes=10), np.random.default_rng(0)
    scale = dataclasses.replace(space.scale, channels=4, layers=1, classes=10)
    drawn = [space.sample(rng) for _ in range(60)]
    if name == "nb201":
        drawn = [space.architecture(dict.fromkeys(space.decisions, "none")), *drawn[:5]]
    costs = [getattr(network_cost(space.network(arch, scale), 8), kind) for arch in drawn]
    assert least_cost(supernet, 8, kind) == min(costs)
