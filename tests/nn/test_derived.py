"""Which module trains an architecture; primitives of a user's own are trained by the description."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.nn.derived import network_of
from dartsx.spaces import NB201, Cell, CellSpace, Edge, Genotype, SpaceError, named_space, published

SIZE = {"channels": 4, "layers": 3, "classes": 3}
CELL = Cell((Edge("gate", 0, 2), Edge("skip_connect", 1, 2)), (2,))


def test_every_kind_of_architecture_has_its_module():
    chain = named_space("digit_chain")
    drawn = chain.sample(np.random.default_rng(0))
    kinds = {
        "cifar": (published("DARTS_V2"), None, "CellNetwork"),
        "imagenet": (published("DARTS_V2"), None, "CellNetwork"),
        "nb201": (NB201.sample(np.random.default_rng(0)), None, "TopologyNetwork"),
        "described": (drawn, chain, "DescribedNetwork"),
    }
    for name, (architecture, space, module) in kinds.items():
        assert type(network_of(name, architecture, space, **SIZE)).__name__ == module


def test_cells_with_a_primitive_of_ones_own_compute_its_block():
    space = CellSpace(("none", "skip_connect", "gate"), 1, blocks={"gate": lambda c, s: ConvNorm(c, 1, s)})
    network = network_of("cifar", Genotype(CELL, CELL), space, **SIZE)
    images = jnp.ones((2, 8, 8, 3))
    variables = jax.eval_shape(lambda key: network.init(key, images, False), jax.random.key(0))
    assert any("gate" in name or "0-2" in name for name in variables["params"])
    assert jax.eval_shape(lambda v: network.apply(v, images, False).main, variables).shape == (2, 3)


def test_a_space_that_does_not_know_the_primitive_is_told():
    with pytest.raises(SpaceError, match="gate"):
        network_of("cifar", Genotype(CELL, CELL), CellSpace(), **SIZE)
