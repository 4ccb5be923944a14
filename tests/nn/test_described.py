"""Networks by their descriptions: a traced training step of all, a real one of the beginning of every family."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.feeds import Batch
from dartsx.networks import amoebanet, names, nasnet, network, pnasnet
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.cells import Plan, stack
from dartsx.networks.description import Network
from dartsx.networks.layers import Norm
from dartsx.nn import DescribedNetwork
from dartsx.retrain import RetrainProblem, RetrainState, make_step, predict


def stacked(family, **changes) -> Network:
    """NASNet, AmoebaNet or PNASNet with one normal cell per stage: every kind of cell once, N = 1 in their words."""
    plan = Plan(family.NORMAL, family.REDUCE, 8, 1, 8, **changes) if hasattr(family, "NORMAL") else None
    plan = plan or Plan(family.CELL, family.CELL, 8, 1, 8, separate_reductions=False, **changes)
    return stack(family.__name__, plan, 10, "", 16)


def beginning(name, stages=2, blocks=2) -> Network:
    """The first blocks of the first stages between the whole stem and head: every kind of layer, compiled soon."""
    described = network(name, 10)
    return dataclasses.replace(described, stages=tuple(stage[:blocks] for stage in described.stages[:stages]))


# Every family, and images that are large enough.
FAMILIES = {
    name: (beginning(name), 8)
    for name in (
        *("vgg11_bn_cifar", "resnet18", "resnext29_8x64d", "resnet50_cifar", "resnet20"),
        *("mobilenet_v1_0_25", "mobilenet_v2_0_25", "shufflenet_v1_g3", "shufflenet_v2_x0_5"),
        *("mnasnet_a1", "efficientnet_b0", "mixnet_s", "regnety_200mf"),
    )
} | {
    "alexnet_two_towers": (network("alexnet_two_towers", 10), 64),
    "squeezenet1_0_complex_bypass": (beginning("squeezenet1_0_complex_bypass", blocks=4), 32),
    "mobilenet_v3_small": (beginning("mobilenet_v3_small", stages=3), 8),
    "nasnet": (stacked(nasnet, skip_reduction_input=True), 16),
    "amoebanet": (stacked(amoebanet, stem="cifar"), 16),
    "pnasnet": (stacked(pnasnet, stem="cifar"), 16),
    "se_resnet50": (beginning("se_resnet50"), 8),
}
SMALL = Network(
    "small",
    (ConvNorm(4, 3, 2),),
    ((InvertedBottleneck(4, 2), InvertedBottleneck(4, 2)),),
    (Classifier(3, dropout=0.5),),
    "",
    8,
)
IMAGES = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype(np.float32)


def shapes(module, size, channels=3):
    images = jnp.zeros((2, size, size, channels))
    return jax.eval_shape(lambda key: module.init(key, images, False), jax.random.key(0))


def smallest(described):
    for size in (8, 16, 32, 64):
        try:
            described.trace(size)
        except ValueError:
            continue
        return size
    raise AssertionError(described.name)


@pytest.mark.parametrize("name", names())
def test_a_step_trains_the_variables_of_the_description(name):
    described = network(name, 10)
    size = smallest(described)
    problem = retraining(DescribedNetwork(described, form="plain"))
    variables = shapes(problem.network, size)
    steps = described.trace(size)
    expected = {step.name: {key: shape for key, (shape, _) in step.weights.items()} for step in steps if step.weights}
    given = {layer: {key: leaf.shape for key, leaf in own.items()} for layer, own in variables["params"].items()}
    assert given == expected
    norms = {step.name for step in steps if isinstance(step.layer, Norm)}
    assert set(variables.get("batch_stats", {})) == norms

    def step(params, stats):
        return make_step(problem)(fresh(problem, params, stats), Batch(jnp.zeros((2, size, size, 3)), jnp.arange(2)))

    moved, metrics = jax.eval_shape(step, variables["params"], variables.get("batch_stats", {}))
    after = {"params": moved.params, "batch_stats": moved.batch_stats}
    like = {"batch_stats": {}} | dict(variables)
    same = jax.tree.map(lambda old, new: (old.shape, old.dtype) == (new.shape, new.dtype), like, after)
    assert all(jax.tree.leaves(same))
    assert metrics["train"]["loss"].shape == ()


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_trains_for_a_step(name, quick_jit):
    described, size = FAMILIES[name]
    problem = retraining(DescribedNetwork(described, form="plain"))
    state = start(problem, size)
    images = jnp.asarray(np.random.default_rng(0).normal(size=(4, size, size, 3)), jnp.float32)
    moved, metrics = quick_jit(make_step(problem))(state, Batch(images, jnp.arange(4)))
    assert np.isfinite(metrics["train"]["loss"]) and 0 < metrics["train"]["gradient_norm"] < np.inf
    assert int(moved.step) == 1
    changed = jax.tree.map(lambda a, b: bool((a != b).any()), state.params, moved.params)
    assert np.mean(jax.tree.leaves(changed)) > 0.9
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((moved.params, moved.batch_stats)))


def retraining(module) -> RetrainProblem:
    rate = optim.cosine_per_epoch(0.05, 0.0, 4, 3)
    return RetrainProblem(module, optim.sgd(rate, 0.9, 3e-4, 5.0), rate, epochs=4, steps_per_epoch=3, drop_path=0.1)


def start(problem, size) -> RetrainState:
    """A state with drawn weights, without compiling their initialisation."""
    variables, rng = shapes(problem.network, size), np.random.default_rng(0)

    def draw(leaf):
        fan_in = np.prod(leaf.shape[:-1])
        return jnp.ones(leaf.shape) if leaf.ndim == 1 else rng.normal(size=leaf.shape).astype("f4") * fan_in**-0.5

    params = jax.tree.map(draw, variables["params"])
    stats = jax.tree.map(lambda leaf: jnp.ones(leaf.shape), variables.get("batch_stats", {}))
    return fresh(problem, params, stats)


def fresh(problem, params, stats) -> RetrainState:
    """The state before the first step."""
    return RetrainState(jnp.zeros((), jnp.int32), params, stats, problem.optimizer.init(params), jax.random.key(0))


# --------------------------------------------------------------------------- one small network
@pytest.fixture(scope="module")
def variables():
    return DescribedNetwork(SMALL).init(jax.random.key(0), IMAGES, True)


def test_first_weights_have_the_variance_of_their_fan_in(variables):
    wide = Network("wide", (ConvNorm(64, 3), ConvNorm(64, 3)), (), (Classifier(64),), "", 8)
    params = DescribedNetwork(wide).init(jax.random.key(0), IMAGES, False)["params"]
    kernel = params["stem/block1/conv"]["kernel"]
    assert kernel.std() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02) and abs(kernel.mean()) < 1e-3
    assert params["head/block0/classifier"]["kernel"].std() == pytest.approx((1 / (3 * 64)) ** 0.5, rel=0.05)
    assert not params["head/block0/classifier"]["bias"].any()
    assert (params["stem/block1/norm"]["scale"] == 1).all()
    # Different layers, different numbers.
    assert not np.isin(params["stem/block0/conv"]["kernel"], kernel).any()


def test_statistics_move_only_where_they_are_mutable(variables):
    module = DescribedNetwork(SMALL)
    options = {"rngs": {"dropout": jax.random.key(1)}}
    _, moved = module.apply(variables, IMAGES, True, mutable=["batch_stats"], **options)
    x = np.asarray(
        jax.lax.conv_general_dilated(
            IMAGES, variables["params"]["stem/block0/conv"]["kernel"], (2, 2), [(1, 1)] * 2,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
    )  # fmt: skip
    stats = moved["batch_stats"]["stem/block0/norm"]
    np.testing.assert_allclose(stats["mean"], 0.1 * x.mean((0, 1, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(stats["var"], 0.9 + 0.1 * x.var((0, 1, 2), ddof=1), rtol=1e-4)
    assert isinstance(module.apply(variables, IMAGES, True, **options).main, jax.Array)


def test_masks_act_in_training_only(variables):
    module = DescribedNetwork(SMALL)

    def logits(seed, train, probability=None):
        rngs = {name: jax.random.key(seed) for name in ("dropout", "drop_path")}
        return np.asarray(module.apply(variables, IMAGES, train, probability, rngs=rngs).main)

    np.testing.assert_array_equal(logits(0, False, 0.9), logits(1, False))
    assert (logits(0, True) != logits(1, True)).any()
    assert (logits(0, True, 0.9) != logits(0, True)).any()
    np.testing.assert_allclose(logits(0, True, 0.0), logits(0, True))


def test_bfloat16_is_for_activations_only(variables):
    given = DescribedNetwork(SMALL, dtype=jnp.bfloat16)
    like = shapes(given, 8)
    logits = given.apply(variables, IMAGES, False).main
    assert {leaf.dtype for leaf in jax.tree.leaves((like, logits))} == {np.dtype("float32")}
    exact = DescribedNetwork(SMALL).apply(variables, IMAGES, False).main
    np.testing.assert_allclose(logits, exact, atol=0.05 * np.abs(exact).max())


def test_training_learns_and_predicts(quick_jit):
    rng, labels = np.random.default_rng(0), np.arange(12) % 3
    images = jnp.asarray(0.3 * rng.normal(size=(12, 8, 8, 3)) + np.eye(3)[labels][:, None, None], jnp.float32)
    problem = retraining(DescribedNetwork(SMALL, form="taps"))
    state, step = start(problem, 8), quick_jit(make_step(problem))
    losses = []
    for _ in range(12):
        state, metrics = step(state, Batch(images, jnp.asarray(labels)))
        losses.append(float(metrics["train"]["loss"]))
    assert losses[-1] < 0.5 * losses[0]
    assert predict(problem, state, images).shape == (12, 3)


def test_images_that_are_too_small_are_refused_by_name():
    with pytest.raises(ValueError, match="vgg11 on images of 8x8: stage4/block2/pool: a map of 1x1 is too small"):
        shapes(DescribedNetwork(network("vgg11")), 8)
