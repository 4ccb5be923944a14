"""The supernet of an open description against the closed networks that it holds, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closing import closed_variables

from dartsx.networks import close, primitive
from dartsx.nn.described import DescribedNetwork
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.spaces import DescribedSpace, Scale

IMAGES = np.random.default_rng(0).normal(size=(4, 8, 8, 3))
DRAWN = {
    "chain": 2,
    "graph": 1,
    "trellis": 1,
    "nested": 2,
    "widening": 2,
    "grouped": 3,
    "pairs": 2,
    "tree": 3,
}  # architectures compared


@pytest.fixture(scope="module")
def made(open_networks):
    """Space, supernet and its variables, away from their initial values, by name of the network."""
    known = {}

    def make(name):
        if name not in known:
            network = open_networks[name]()
            space = DescribedSpace(network, Scale(classes=3))
            supernet = OpenSupernet(space, dtype=jnp.float64)
            mixture = {"decisions": jnp.ones(space.alpha_shapes["decisions"])}
            init = jax.jit(lambda key: supernet.init(key, IMAGES, mixture, False))
            variables = jax.tree.map(lambda x: np.asarray(x, np.float64), init(jax.random.key(0)))
            rng = np.random.default_rng(1)
            known[name] = space, supernet, jax.tree.map(lambda x: x + 0.1 * rng.random(x.shape), variables)
        return known[name]

    return make


@pytest.mark.parametrize("name", DRAWN)
def test_at_a_one_hot_mixture_it_is_the_closed_network_with_the_first_channels(name, made, x64, quick_jit):
    space, supernet, variables = made(name)
    network = space.description()

    @quick_jit
    def of_supernet(variables, mixture):
        logits, moved = supernet.apply(variables, IMAGES, mixture, True, mutable=["batch_stats"])
        return logits, supernet.apply(variables, IMAGES, mixture, False), moved["batch_stats"]

    rng = np.random.default_rng(2)
    for _ in range(DRAWN[name]):
        architecture = space.sample(rng)
        trained, tested, statistics = of_supernet(variables, space.encode(architecture))
        closed = DescribedNetwork(close(network, architecture.choices), dtype=jnp.float64)
        own = closed_variables(space, network, variables, architecture.choices)
        expected, moved = quick_jit(
            lambda own, closed=closed: closed.apply(own, IMAGES, True, mutable=["batch_stats"])
        )(own)
        np.testing.assert_allclose(trained, expected.main, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(tested, closed.apply(own, IMAGES, False).main, rtol=1e-9, atol=1e-10)
        after = closed_variables(space, network, {**variables, "batch_stats": statistics}, architecture.choices)
        for step, values in moved["batch_stats"].items():
            for which, value in values.items():
                np.testing.assert_allclose(after["batch_stats"][step][which], value, rtol=1e-9, atol=1e-10)


def test_forms_of_other_backends_give_the_same_logits_gradients_and_statistics(made, x64, quick_jit):
    """Depthwise convolutions, squeeze and excitation, and open widths, as computed on a CPU and on a GPU or TPU."""
    space, supernet, variables = made("chain")
    rows, columns = space.alpha_shapes["decisions"]
    mixture = {"decisions": jnp.asarray(np.random.default_rng(4).dirichlet(np.ones(columns), rows))}

    def run(net):
        def loss(params, mixture):
            logits, moved = net.apply({**variables, "params": params}, IMAGES, mixture, True, mutable=["batch_stats"])
            return jnp.sum(jnp.sin(logits)), (logits, moved)

        return quick_jit(jax.grad(loss, (0, 1), has_aux=True))(variables["params"], mixture)

    found = [run(supernet.clone(backend=backend)) for backend in ("cpu", "gpu")]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-10), *found)


@pytest.mark.parametrize("name", ["chain", "nested"])
def test_lazy_options_give_the_same_logits_and_gradients_and_leave_other_statistics_alone(name, made, x64, quick_jit):
    space, supernet, variables = made(name)
    mixture = space.encode(space.sample(np.random.default_rng(3)))

    def run(net):
        def loss(params, mixture):
            logits, moved = net.apply({**variables, "params": params}, IMAGES, mixture, True, mutable=["batch_stats"])
            return jnp.sum(logits**2), moved["batch_stats"]

        return quick_jit(jax.value_and_grad(loss, has_aux=True))(variables["params"], mixture)

    (eager, moved_eager), gradient_eager = run(supernet)
    (lazy, moved_lazy), gradient_lazy = run(supernet.clone(lazy=True))
    np.testing.assert_allclose(lazy, eager, rtol=1e-12)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), gradient_lazy, gradient_eager)
    chosen = {step.name for step in primitive(space.description().trace(8)) if _used(step, mixture, space)}
    kept = 0
    for step, before in variables["batch_stats"].items():
        expected = moved_eager[step] if step in chosen else before
        kept += step not in chosen
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), moved_lazy[step], expected)
    assert kept


def _used(step, mixture, space):
    """Whether no choice of blocks passes the step over; depths and widths compute everything."""
    at = {name: row for row, name in enumerate(space.decisions)}
    choices = ("op", "outer", "inner", "last")

    def alive(place):
        return not place.terms or any(
            alive(outer)
            and (
                not name.startswith(choices)
                or mixture["decisions"][at[name], space.decisions[name].options.index(option)] != 0
            )
            for outer, name, option in place.terms
        )

    return alive(step.place)


def test_computing_branches_again_changes_no_gradient(made, x64, quick_jit):
    space, supernet, variables = made("chain")
    rng = np.random.default_rng(4)
    mixture = {"decisions": rng.random(space.alpha_shapes["decisions"])}

    def gradient(net):
        def loss(params, mixture):
            return jnp.sum(net.apply({**variables, "params": params}, IMAGES, mixture, True) ** 2)

        return quick_jit(jax.grad(loss, (0, 1)))(variables["params"], mixture)

    both = gradient(supernet), gradient(supernet.clone(remat="branch"))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), *both)


def test_a_leading_axis_of_one_is_the_same_mixture(made, x64, quick_jit):
    space, supernet, variables = made("chain")
    mixture = np.random.default_rng(5).random(space.alpha_shapes["decisions"])
    apply = quick_jit(lambda m: supernet.apply(variables, IMAGES, {"decisions": m}, True))
    np.testing.assert_array_equal(apply(mixture), apply(mixture[None]))


def test_an_unknown_remat_is_named(made):
    _, supernet, variables = made("chain")
    with pytest.raises(ValueError, match="remat.*'cell'.*none, branch"):
        supernet.clone(remat="cell").apply(variables, IMAGES, {"decisions": jnp.ones((9, 3))}, True)
