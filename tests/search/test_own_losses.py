"""Searches with losses and batches of one's own, by every hypergradient."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import stand_in

from dartsx.losses import accuracy, cross_entropy
from dartsx.search import HYPERGRADIENTS, init_state, make_diagnosis, make_step

STEPS = 25


def dense_regression(outputs, batch):
    """Three numbers are to be the means of a map of targets each."""
    error = outputs - batch["targets"].mean((1, 2))
    return jnp.mean(error**2), {"mae": jnp.mean(jnp.abs(error))}


def same_classes(logits, batch):
    """Classification of batches that are dictionaries."""
    return cross_entropy(logits, batch["about"]["label"]), {"right": accuracy(logits, batch["about"]["label"])}


def of_images(batch):
    return batch["images"]


def regression_batch(batch, classes):
    """Maps of 2x2 targets around the one-hot label; the pair is a dictionary."""
    noise = np.random.default_rng(1).normal(size=(len(batch.labels), 2, 2, classes))
    targets = jnp.asarray(np.eye(classes)[np.asarray(batch.labels)][:, None, None] + 0.01 * noise, jnp.float32)
    return {"images": batch.images, "targets": targets}


@pytest.mark.parametrize("hypergradient", HYPERGRADIENTS)
def test_a_regression_on_batches_with_dense_targets_is_searched(hypergradient, quick_jit):
    problem = stand_in.problem("darts", dtype="float32", hypergradient=hypergradient)
    problem = dataclasses.replace(problem, loss=dense_regression, inputs=of_images)
    train, valid = (regression_batch(batch, stand_in.CLASSES) for batch in stand_in.batches(dtype=np.float32))
    state, step = init_state(problem, jax.random.key(0), (2, 2, 4)), quick_jit(make_step(problem))
    start = jax.tree.map(np.asarray, state.alpha)
    logged = []
    for _ in range(STEPS):
        state, metrics = step(state, train, valid)
        logged.append(metrics)
    for split in ("train", "valid"):
        assert {"loss", "mae"} < set(logged[0][split]) and "accuracy" not in logged[0][split]
    assert logged[-1]["train"]["loss"] < 0.5 * logged[0]["train"]["loss"]
    moved = jax.tree.map(lambda a, b: float(jnp.abs(a - b).min()), start, state.alpha)
    assert min(jax.tree.leaves(moved)) > 0


@pytest.mark.parametrize("hypergradient", HYPERGRADIENTS)
def test_the_form_of_a_batch_changes_nothing(hypergradient, quick_jit):
    """Also where the network reads whole numbers, to which nothing can be added: there `exact` takes another way."""
    problem = stand_in.problem("darts", dtype="float32", hypergradient=hypergradient)
    own = dataclasses.replace(problem, loss=same_classes, inputs=of_images)
    batches = [batch._replace(images=jnp.round(4 * batch.images)) for batch in stand_in.batches(dtype=np.float32)]

    def dictionary(batch, dtype):
        return {"images": batch.images.astype(dtype), "about": {"label": batch.labels}}

    state = init_state(problem, jax.random.key(0), (2, 2, 4))
    expected, metrics = quick_jit(make_step(problem))(state, *batches)
    for dtype in (jnp.float32, jnp.int32):
        found, told = quick_jit(make_step(own))(state, *(dictionary(batch, dtype) for batch in batches))
        assert told["valid"]["right"] == metrics["valid"]["accuracy"]
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7),
            (found.alpha, found.params),
            (expected.alpha, expected.params),
        )


def test_a_diagnosis_tells_the_metrics_of_the_loss_and_the_gap_of_its_score():
    problem = stand_in.problem("darts", dtype="float32")
    problem = dataclasses.replace(problem, loss=dense_regression, inputs=of_images)
    train, valid = (regression_batch(batch, stand_in.CLASSES) for batch in stand_in.batches(dtype=np.float32))
    state = init_state(problem, jax.random.key(0), (2, 2, 4))
    architecture = problem.method.derive(stand_in.SPACE, jax.tree.map(np.asarray, state.alpha))
    one_hot = {name: rows.astype(np.float32) for name, rows in stand_in.SPACE.encode(architecture).items()}
    several = jax.tree.map(lambda leaf: leaf[None], valid)
    found = make_diagnosis(problem, iterations=2)(state, train, several, one_hot)
    assert {"mae_mixed", "mae_derived"} < set(found) and not any("accuracy" in name for name in found)

    def loss(mixture):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        return dense_regression(problem.supernet.apply(variables, valid["images"], mixture, True), valid)

    mixed, derived = loss(problem.method.mixture(state.alpha, None, 0.0)), loss(one_hot)
    assert found["mae_mixed"] == pytest.approx(float(mixed[1]["mae"]), rel=1e-4)
    assert found["mae_derived"] == pytest.approx(float(derived[1]["mae"]), rel=1e-4)
    assert found["discretization_gap"] == pytest.approx(float(derived[0] - mixed[0]), rel=1e-3)
