"""Once-for-all: phases, what they open, the teacher, and channels in the order of importance."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.networks import Network, primitive
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.nn import supernet_of
from dartsx.nn.channels import sorted_channels
from dartsx.nn.sharing import Sharing
from dartsx.search import Batch, SearchProblem, Task, compose, init_state
from dartsx.search.methods.ofa import PHASES, opened
from dartsx.search.step import make_weight_step
from dartsx.spaces import DescribedSpace, Scale, named_space
from dartsx.spaces.chains.backbone import Position
from dartsx.spaces.chains.ofa import elastic

IMAGES = np.random.default_rng(0).normal(size=(4, 6, 6, 3))
GATE = SqueezeExcite(1 / 4)
STAGE = tuple(Position(f"stage1/block{i}", 4, 1, True) for i in (1, 2, 3, 4))


def tiny(*body):
    """A space of this body."""
    network = Network("tiny", (ConvNorm(4, 3),), (body,), (Classifier(3),), "a test", 6)
    return DescribedSpace(network, Scale(classes=3))


SPACE = tiny(elastic(STAGE, GATE, "relu"))


def test_phases_open_kernels_then_depths_then_widths():
    space = named_space("ofa")
    first, *_, last = (opened(space, phase.opened)["decisions"] for phase in PHASES)
    assert (first.sum(1) == 1).all() and (last.sum(1) == 3).all()
    largest = space.derive({"decisions": first}).choices
    assert {n.rpartition("/")[2]: v for n, v in largest.items()} == {"kernel": "7", "depth": "4", "expansion": "6"}
    stages = compose("ofa", Task(space, {"decisions": 1})).stages
    assert [stage.goes_on for stage in stages] == [False] + [True] * 5 and stages[-1].until == 1
    method = stages[2].change(compose("ofa", Task(space, {"decisions": 1})))
    alpha = method.init(jax.random.key(0), space.alpha_shapes)
    drawn = jax.vmap(lambda key: method.paths(alpha, key, 0.5)["decisions"])(jax.random.split(jax.random.key(1), 50))
    assert drawn.shape[:2] == (50, 2)
    np.testing.assert_array_equal(np.asarray(drawn).any((0, 1)), opened(space, (3, 2, 1))["decisions"])


def test_other_decisions_are_named():
    with pytest.raises(
        ValueError, match="ofa shrinks numbers named kernel, depth, expansion; decision width1 has 6, 8"
    ):
        compose("ofa", Task(named_space("digit_chain"), {"decisions": 1}))


@pytest.mark.parametrize("sharing", ["none", "transformed"])
def test_sorted_channels_compute_the_same_and_the_important_come_first(sharing, x64, quick_jit):
    supernet = supernet_of(SPACE, classes=3, dtype=jnp.float64, sharing=sharing)
    mixture = {name: rows.astype(float) for name, rows in opened(SPACE, (1, 1, 1)).items()}
    variables = quick_jit(lambda key: supernet.init(key, IMAGES, mixture, False))(jax.random.key(0))
    rng = np.random.default_rng(1)
    variables = jax.tree.map(lambda x: np.asarray(x, np.float64) + 0.3 * rng.random(x.shape), variables)
    inside = tuple(primitive(SPACE.description().trace(6)))
    own = {step.name: step.name for step in inside if step.weights}
    owners = own if sharing == "none" else Sharing(inside).owners
    params, statistics = sorted_channels(supernet, variables["params"], variables["batch_stats"])
    moved = {"params": params, "batch_stats": statistics}
    apply = quick_jit(
        lambda v: (
            supernet.apply(v, IMAGES, mixture, True, mutable=["batch_stats"])[0],
            supernet.apply(v, IMAGES, mixture, False),
        )
    )
    for ours, theirs in zip(apply(moved), apply(variables), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
    name = next(step.name for step in inside if step.name.endswith("7/project"))
    block = owners[name].removesuffix("project")
    weights = np.abs(params[block + "project"]["kernel"]).sum((0, 1, 3))
    if sharing == "transformed":  # one project, squeeze and order for all kernels
        weights = weights + np.abs(params[block + "se/squeeze"]["kernel"]).sum((0, 1, 3))
        assert (np.diff(weights) <= 1e-9).all()
    before = np.abs(variables["params"][block + "project"]["kernel"]).sum((0, 1, 3))
    assert not np.allclose(weights, before)


def test_the_logged_learning_rate_is_the_applied_one_after_channels_were_sorted(x64, quick_jit):
    """In float64, with a rate that changes in every step: the new weights are the old ones - rate * buffer."""
    space = tiny(elastic(STAGE[:1], None, "relu", (1,), (3,), (2, 3)))
    method, rate = compose("ofa", Task(space, {"decisions": 1})), optim.cosine_per_epoch(0.1, 0.0, 4, 1)
    sgd, adam = optim.sgd(rate, 0.9, 3e-4, 5.0), optim.adam(1e-3, 0.5, 0.999, 0.0)
    supernet = supernet_of(space, classes=3, dtype=jnp.float64)
    problem = SearchProblem(supernet, method, sgd, adam, rate, 0.9, 3e-4, total_steps=4)
    state = quick_jit(lambda key: init_state(problem, key, IMAGES.shape[1:]))(jax.random.key(0))
    state = jax.tree.map(lambda leaf: leaf.astype(float) if leaf.dtype == np.float32 else leaf, state)
    step, batch = quick_jit(make_weight_step(problem)), Batch(IMAGES, np.arange(4) % 3)
    kernels, logged = [], []
    for begin in (None, None, *(stage.begin for stage in method.stages[4:])):  # the last two phases open widths
        kernels.append(state.params["stage1/block0/block0/3/expand"]["kernel"])
        if begin:
            state = begin(problem, state)
            assert not any(buffer.any() for buffer in jax.tree.leaves(optim.momentum_buffer(state.weight_opt)))
        kernels.append(state.params["stage1/block0/block0/3/expand"]["kernel"])
        before = state.params
        state, metrics = step(state, batch)
        logged.append(float(metrics["train"]["learning_rate"]))
        stepped = jax.tree.map(lambda w, b: w - logged[-1] * b, before, optim.momentum_buffer(state.weight_opt))
        jax.tree.map(lambda new, due: np.testing.assert_allclose(new, due, rtol=1e-12), state.params, stepped)
    assert logged == sorted(set(logged), reverse=True)
    assert (kernels[4] != kernels[5]).any()  # channels were sorted
