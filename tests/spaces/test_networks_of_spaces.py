"""Every space describes the networks of its architectures; primitives of a user's own are blocks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.nn import Supernet
from dartsx.spaces import SPACES, CellSpace, GenotypeError, Scale, SpaceError, TopologySpace, published

OWN = {"mine": lambda channels, stride: ConvNorm(channels, 3, stride)}
SMALL = Scale(4, 3, 5)


def test_the_auxiliary_head_is_a_stated_option():
    genotype = published("DARTS_V2")
    with_head = CellSpace().network(genotype, Scale(auxiliary=True))
    assert with_head.params() == CellSpace().network(genotype).params() == 3_349_342
    assert sum(step.params for step in with_head.trace(auxiliary=True)) == 3_825_768


def test_what_is_no_architecture_of_the_kind_is_refused():
    topology = SPACES["nb201"].sample(np.random.default_rng(0))
    with pytest.raises(GenotypeError, match="normal and reduce"):
        CellSpace().network(topology)
    with pytest.raises(GenotypeError, match="topologies of one cell"):
        SPACES["nb201"].network(published("DARTS_V2"))


@pytest.mark.parametrize(
    "space",
    [
        CellSpace(("skip_connect", "mine"), num_nodes=1, blocks=OWN),
        TopologySpace(("none", "mine"), ((0, 1),), blocks=OWN),
    ],
)
def test_a_primitive_of_ones_own_is_a_block(space):
    assert space.custom_primitives == ("mine",) and "mine" in space.graph.blocks
    rng = np.random.default_rng(0)
    names = {step.name for _ in range(8) for step in space.network(space.sample(rng), SMALL).trace()}
    assert any(name.endswith("-1/out") or name.endswith("-2/out") for name in names)  # normalised behind its ReLU
    assert any("/mine/conv" in step.name for step in space.supernet_layers(SMALL).trace())


def test_its_supernet_has_the_parameters_of_its_description():
    space = CellSpace(("skip_connect", "mine"), num_nodes=1, blocks=OWN)
    supernet = Supernet(space, 4, 3)
    mixture = {kind: jnp.zeros(shape) for kind, shape in space.alpha_shapes.items()}
    like = jax.eval_shape(lambda key: supernet.init(key, jnp.zeros((1, 8, 8, 3)), mixture, True), jax.random.key(0))
    assert sum(leaf.size for leaf in jax.tree.leaves(like["params"])) == supernet.description.params()


def test_a_primitive_without_block_is_named():
    space = CellSpace(("skip_connect", "mine"), num_nodes=1, custom_primitives=("mine",))
    genotype = CellSpace(("mine",), num_nodes=1, custom_primitives=("mine",)).sample(np.random.default_rng(0))
    with pytest.raises(SpaceError, match="'mine'.* a network needs the block of every primitive"):
        space.network(genotype)
