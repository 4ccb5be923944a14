"""A supernet at a one-hot mixture trains as the closed network does, step by step, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closing import closed_variables

from dartsx import optim
from dartsx.feeds import Batch
from dartsx.networks import close
from dartsx.nn.at_mixture import AtMixture
from dartsx.nn.described import DescribedNetwork
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.retrain import RetrainProblem, init_state, make_step
from dartsx.spaces import DescribedSpace, Scale

STEPS = 3
RNG = np.random.default_rng(0)
BATCH = Batch(RNG.normal(size=(6, 8, 8, 3)), RNG.integers(0, 3, 6).astype(np.int32))


def problem(network):
    """With everything that could make a difference: momentum, decay of all weights, a clip that is reached."""
    rate = optim.cosine_per_epoch(0.3, 0.0, STEPS, 1)
    return RetrainProblem(network, optim.sgd(rate, 0.9, 0.1, 0.5), rate, STEPS, 1)


@pytest.fixture(scope="module")
def networks(open_networks):
    """Space and lazy supernet by name."""

    def make(name):
        space = DescribedSpace(open_networks[name](), Scale(classes=3))
        return space, OpenSupernet(space, dtype=jnp.float64, lazy=True)

    return make


@pytest.mark.parametrize("name", ["nested", "grouped"])
def test_steps_of_training_are_those_of_the_closed_network(name, networks, x64, quick_jit):
    space, supernet = networks(name)
    architecture = space.sample(np.random.default_rng(5))
    mixture = space.encode(architecture)
    step = quick_jit(lambda mixture, state: make_step(problem(AtMixture(supernet, mixture)))(state, BATCH))
    alone = problem(DescribedNetwork(close(space.description(), architecture.choices), dtype=jnp.float64))
    step_alone = quick_jit(lambda state: make_step(alone)(state, BATCH))

    @quick_jit
    def begin(mixture):
        start = init_state(problem(AtMixture(supernet, mixture)), jax.random.key(0), BATCH.images.shape[1:])
        return jax.tree.map(lambda x: x.astype(jnp.float64) if x.dtype == jnp.float32 else x, start)

    def part(state):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        return closed_variables(space, space.description(), variables, architecture.choices)

    state = begin(mixture)
    own = state._replace(**part(state), optimizer=alone.optimizer.init(part(state)["params"]))
    for _ in range(STEPS):
        (state, metrics), (own, expected) = step(mixture, state), step_alone(own)
        np.testing.assert_allclose(metrics["train"]["loss"], expected["train"]["loss"], rtol=1e-9)
    for name, kept in part(state).items():
        for layer, arrays in kept.items():
            for which, array in arrays.items():
                np.testing.assert_allclose(array, getattr(own, name)[layer][which], rtol=1e-8, atol=1e-10)


def test_first_weights_have_the_variance_of_the_closed_network(networks, quick_jit):
    space, supernet = networks("chain")
    supernet = supernet.clone(dtype=jnp.float32)
    narrow = space.architecture({"width": "8", "expansion": "2", "depth": "1", "op0": "k3"})
    images, key = jnp.zeros((1, 8, 8, 3)), jax.random.key(1)
    given = quick_jit(lambda mixture: AtMixture(supernet, mixture).init(key, images, True))(space.encode(narrow))
    plain = quick_jit(lambda mixture: supernet.init(key, images, mixture, True))(space.encode(narrow))
    # 8 of 12 channels enter the block, 2 * 8 of 3 * 12 its projection; depthwise filters read one channel.
    for layer, scale in {"expand": np.sqrt(12 / 8), "project": np.sqrt(36 / 16), "depthwise": 1.0}.items():
        name = f"stage1/block0/block0/k3/{layer}"
        expected = scale * plain["params"][name]["kernel"]
        np.testing.assert_allclose(given["params"][name]["kernel"], expected, rtol=1e-5)
