"""What a search step is made of, on a network small enough to redo every step by hand in float64."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import stand_in

from dartsx import optim
from dartsx.losses import cross_entropy
from dartsx.search import Batch, SearchProblem, darts, init_state, make_step
from dartsx.search.hypergradient import RADIUS
from dartsx.spaces import CellSpace

SPACE = CellSpace(("none", "skip_connect", "avg_pool_3x3"), num_nodes=1)
ONE_STEP = ("first_order", "finite_difference", "exact")
CLASSES, CHANNELS, TOTAL = 3, 4, 8
MOMENTUM, DECAY, CLIP = 0.9, 0.02, 0.05  # clips every step; the virtual step must not be clipped
BETAS, ALPHA_RATE, ALPHA_DECAY = (0.5, 0.999), 0.01, 0.001


class Toy(nn.Module):
    """A smooth function of images, weights and mixtures that counts the passes that may move its statistics."""

    space: CellSpace

    @nn.compact
    def __call__(self, images, mixture, train):
        kernel = self.param("kernel", nn.initializers.normal(1.0), (CHANNELS, CLASSES), jnp.float64)
        bias = self.param("bias", nn.initializers.normal(1.0), (CLASSES,), jnp.float64)
        passes = self.variable("batch_stats", "passes", lambda: jnp.zeros(()))
        brightness = self.variable("batch_stats", "brightness", lambda: jnp.zeros(()))
        if train and self.is_mutable_collection("batch_stats") and not self.is_initializing():
            passes.value += 1
            brightness.value = images.mean()
        rows = jnp.arange(1.0, 1 + SPACE.alpha_shapes["normal"][0])
        normal, reduce = (jnp.tanh(rows @ mixture[kind])[1:] for kind in ("normal", "reduce"))
        return jnp.tanh(images.mean((1, 2)) @ kernel) * normal.sum() + bias**2 * reduce[0] * reduce[1]


def rate(step):
    return 0.3 - 0.1 * step


def make_problem(hypergradient, **changes):
    problem = SearchProblem(
        supernet=Toy(SPACE),
        method=darts(hypergradient, init_scale=1.0),
        weight_optimizer=optim.sgd(rate, MOMENTUM, DECAY, CLIP),
        alpha_optimizer=optim.adam(ALPHA_RATE, *BETAS, ALPHA_DECAY),
        rate=rate,
        momentum=MOMENTUM,
        weight_decay=DECAY,
        total_steps=TOTAL,
    )
    return dataclasses.replace(problem, **changes)


@pytest.fixture
def batches(x64):
    """Two pairs (training, validation)."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(2, 2, 5, 2, 2, CHANNELS))
    labels = rng.integers(0, CLASSES, (2, 2, 5))
    return [[Batch(jnp.array(images[i, j]), jnp.array(labels[i, j])) for j in range(2)] for i in range(2)]


def start(problem):
    state = init_state(problem, jax.random.key(1), (2, 2, CHANNELS))
    wide = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), state.alpha)
    return state._replace(alpha=wide, alpha_opt=problem.alpha_optimizer.init(wide))


def loss(problem, state, batch):
    def of(weights, alpha):
        mixture = {kind: jax.nn.softmax(logits) for kind, logits in alpha.items()}
        variables = {"params": weights, "batch_stats": state.batch_stats}
        return cross_entropy(problem.supernet.apply(variables, batch.images, mixture, True), batch.labels)

    return of


def tree_sum(*terms):
    return jax.tree.map(lambda *leaves: sum(leaves), *terms)


def scaled(factor, tree):
    return jax.tree.map(lambda leaf: factor * leaf, tree)


def gradient_by_hand(name, problem, state, buffer, train, valid):
    """The hypergradient written another way: the exact one by differentiating through the virtual step."""
    on_train, on_valid = loss(problem, state, train), loss(problem, state, valid)
    weights, alpha, eta = state.params, state.alpha, rate(int(state.step))

    def virtual(alpha):
        full = tree_sum(jax.grad(on_train)(weights, alpha), scaled(MOMENTUM, buffer), scaled(DECAY, weights))
        return tree_sum(weights, scaled(-eta, full))

    if name == "first_order":
        return jax.grad(on_valid, 1)(weights, alpha), weights
    if name == "exact":
        return jax.grad(lambda alpha: on_valid(virtual(alpha), alpha))(alpha), virtual(alpha)
    along, direct = jax.grad(on_valid, (0, 1))(virtual(alpha), alpha)
    r = RADIUS / optax.tree.norm(along)
    plus, minus = (jax.grad(on_train, 1)(tree_sum(weights, scaled(s * r, along)), alpha) for s in (1, -1))
    return tree_sum(direct, scaled(-eta / (2 * r), plus), scaled(eta / (2 * r), minus)), virtual(alpha)


@pytest.mark.parametrize("name", ONE_STEP)
def test_steps_equal_those_by_hand(batches, name):
    problem = make_problem(name)
    state, step = start(problem), jax.jit(make_step(problem))
    buffer = jax.tree.map(jnp.zeros_like, state.params)
    moments = problem.alpha_optimizer.init(state.alpha)
    for train, valid in batches:
        moved, metrics = step(state, train, valid)
        gradient, seen_at = gradient_by_hand(name, problem, state, buffer, train, valid)
        updates, moments = problem.alpha_optimizer.update(gradient, moments, state.alpha)
        alpha = optax.apply_updates(state.alpha, updates)
        value, weight_gradient = jax.value_and_grad(loss(problem, state, train))(state.params, alpha)
        norm = optax.tree.norm(weight_gradient)
        clipped = tree_sum(scaled(min(1, CLIP / (norm + 1e-6)), weight_gradient), scaled(DECAY, state.params))
        buffer = tree_sum(scaled(MOMENTUM, buffer), clipped)
        weights = tree_sum(state.params, scaled(-rate(int(state.step)), buffer))
        for ours, theirs in ((moved.alpha, alpha), (moved.params, weights)):
            jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13), ours, theirs)
        assert norm > CLIP
        np.testing.assert_allclose(metrics["train"]["loss"], value, rtol=1e-12)
        np.testing.assert_allclose(metrics["train"]["gradient_norm"], norm, rtol=1e-12)
        valid_loss = loss(problem, state, valid)(seen_at, state.alpha)
        np.testing.assert_allclose(metrics["valid"]["loss"], valid_loss, rtol=1e-12)
        np.testing.assert_allclose(metrics["valid"]["alpha_gradient_norm"], optax.tree.norm(gradient), rtol=1e-11)
        state = moved


@pytest.mark.parametrize("name", ONE_STEP)
def test_statistics_move_once_a_step_by_the_training_batch(batches, name):
    problem = make_problem(name)
    state, step = start(problem), jax.jit(make_step(problem))
    for done, (train, valid) in enumerate(batches, 1):
        state, _ = step(state, train, valid)
        assert state.batch_stats["passes"] == done
        np.testing.assert_allclose(state.batch_stats["brightness"], train.images.mean(), rtol=1e-6)


@pytest.mark.parametrize("name", ONE_STEP)
def test_scanned_steps_equal_single_ones_and_the_state_is_donated(batches, name):
    problem = make_problem(name)
    step, first = make_step(problem), start(problem)
    single = first
    for pair in batches:
        single, _ = jax.jit(step)(single, *pair)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(tuple, batches))
    scan = jax.jit(lambda state: jax.lax.scan(lambda s, pair: step(s, *pair), state, stacked)[0], donate_argnums=0)
    scanned = scan(jax.tree.map(jnp.copy, first))
    for name in ("params", "alpha", "weight_opt", "alpha_opt", "batch_stats", "step"):
        ours, theirs = getattr(scanned, name), getattr(single, name)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15), ours, theirs)
    donated = jax.tree.map(jnp.copy, first.params)
    scan(first._replace(params=donated))
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(donated))


def test_a_penalty_acts_on_the_alphas_but_not_on_the_reported_loss(batches):
    plain = make_problem("first_order")
    weight = 0.5

    def penalty(alpha, progress):
        return weight * (1 + progress) * sum(jnp.sum(logits**2) for logits in alpha.values()) / 2

    penalised = make_problem("first_order", method=dataclasses.replace(plain.method, penalty=penalty))
    state = start(plain)._replace(step=jnp.int32(2))
    (train, valid), _ = batches
    _, without = make_step(plain)(state, train, valid)
    moved, with_penalty = make_step(penalised)(state, train, valid)
    assert with_penalty["valid"]["loss"] == without["valid"]["loss"]
    gradient, _ = gradient_by_hand("first_order", plain, state, None, train, valid)
    total = tree_sum(gradient, scaled(weight * (1 + 2 / TOTAL), state.alpha))
    updates, _ = plain.alpha_optimizer.update(total, state.alpha_opt, state.alpha)
    expected = optax.apply_updates(state.alpha, updates)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-11), moved.alpha, expected)


def test_alphas_and_their_moments_rest_before_their_start(batches):
    problem = make_problem("first_order", alpha_start=1)
    first = start(problem)
    second, _ = make_step(problem)(first, *batches[0])
    third, _ = make_step(problem)(second, *batches[1])
    for name in ("alpha", "alpha_opt"):
        jax.tree.map(np.testing.assert_array_equal, getattr(second, name), getattr(first, name))
    assert all(np.all(a != b) for a, b in zip(*map(jax.tree.leaves, (second.alpha, third.alpha)), strict=True))
    assert not np.array_equal(first.params["kernel"], second.params["kernel"])


def test_alphas_rest_again_in_a_stage_that_goes_on_and_their_growth_does_not_begin_anew(batches):
    problem = make_problem("first_order", alpha_start=1, stage_start=4)
    grown = dataclasses.replace(problem, method=dataclasses.replace(problem.method, growth=10.0))
    first = start(problem)
    resting, _ = make_step(grown)(first._replace(step=jnp.int32(4)), *batches[0])
    jax.tree.map(np.testing.assert_array_equal, resting.alpha, first.alpha)
    at_five = first._replace(step=jnp.int32(5))
    plain, fast = (make_step(p)(at_five, *batches[0])[0].alpha for p in (problem, grown))
    factor = 10 ** ((5 - 1) / (TOTAL - 1))
    due = jax.tree.map(lambda old, new: old + factor * (new - old), first.alpha, plain)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-7), fast, due)  # the factor is float32


@pytest.mark.parametrize("name", ["darts", "oles"])
def test_a_step_for_a_gpu_moves_the_same_weights(name, x64, quick_jit):
    searched, state = stand_in.midway(name)
    elsewhere = dataclasses.replace(searched, backend="gpu")
    steps = (quick_jit(make_step(problem)) for problem in (searched, elsewhere))
    (expected, told), (given, said) = (step(state, *stand_in.batches()) for step in steps)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=1e-12), expected.params, given.params)
    np.testing.assert_allclose(said["train"]["gradient_norm"], told["train"]["gradient_norm"], rtol=1e-12)
