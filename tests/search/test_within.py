"""Networks that are derived within a target."""

import itertools

import numpy as np
import pytest

from dartsx.cost import expected_cost, least_cost
from dartsx.nn import supernet_of
from dartsx.search.within import derive_within
from dartsx.spaces import CellSpace, named_space

IMAGES = (12, 12, 1)


def priced(space, **sizes):
    """The space, the macs of a mixture, and those of its cheapest network."""
    supernet = supernet_of(space, **sizes)
    return space, expected_cost(supernet, IMAGES, "macs"), least_cost(supernet, IMAGES, "macs")


def strengths_of(space, seed):
    rng = np.random.default_rng(seed)
    return {name: rng.dirichlet(np.ones(shape[1]), shape[0]) for name, shape in space.alpha_shapes.items()}


@pytest.fixture(scope="module")
def cells():
    space = CellSpace(("none", "skip_connect", "conv_1x1", "separable_3x3"), num_nodes=1)
    return priced(space, channels=4, layers=4)


@pytest.fixture(scope="module")
def chain():
    return priced(named_space("digit_chain"))


@pytest.mark.parametrize("which", ["cells", "chain"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_derived_keeps_to_every_target_that_networks_reach(which, seed, request):
    space, cost, least = request.getfixturevalue(which)
    strengths = strengths_of(space, seed)
    plain = space.derive(strengths)
    spent = float(cost(space.encode(plain)))
    for share in (1.0, 0.5, 0.0):
        target = least + share * (spent - least)
        derived = derive_within(lambda space, rows: space.derive(rows), cost, target)(space, strengths)
        assert float(cost(space.encode(derived))) <= target
        assert (derived == plain) == (share == 1.0)


def test_no_likelier_network_is_as_cheap(cells):
    space, cost, _ = cells
    strengths = strengths_of(space, 3)

    def log_strength(encoded):
        return sum((np.log(strengths[name]) * rows).sum() for name, rows in encoded.items())

    everything = []
    for columns in itertools.product(range(1, 4), repeat=4):  # cells of one node: both inputs kept, "none" never
        rows = np.eye(4)[list(columns)].reshape(2, 2, 4)
        everything.append(dict(zip(space.alpha_shapes, rows, strict=True)))
    target = 0.7 * float(cost(space.encode(space.derive(strengths))))
    found = space.encode(derive_within(lambda space, rows: space.derive(rows), cost, target)(space, strengths))
    spent = float(cost(found))
    likelier = [one for one in everything if log_strength(one) > log_strength(found) + 1e-9]
    assert likelier and all(float(cost(one)) > spent for one in likelier)


def test_out_of_reach_the_cheapest_network_is_derived(cells):
    space, cost, least = cells
    derived = derive_within(lambda space, rows: space.derive(rows), cost, 1.0)(space, strengths_of(space, 0))
    assert float(cost(space.encode(derived))) == least
