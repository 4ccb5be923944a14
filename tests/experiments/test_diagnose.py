"""When a search is diagnosed, and on which images."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.base import base
from dartsx import optim
from dartsx.data import load_dataset
from dartsx.search import SearchProblem, darts, init_state, make_diagnosis
from dartsx.spaces import CellSpace
from experiments.jobs.diagnose import BATCHES, diagnoser
from experiments.settings import search_settings

SPACE = CellSpace(("none", "skip_connect", "avg_pool_3x3"), num_nodes=1)
SIZE = 4


class Toy(nn.Module):
    """A smooth function of images, weights and mixtures."""

    space: CellSpace

    @nn.compact
    def __call__(self, images, mixture, train):
        kernel = self.param("kernel", nn.initializers.normal(1.0), (3, 3))
        self.variable("batch_stats", "none", lambda: jnp.zeros(()))
        rows = sum(jnp.sum(jnp.arange(1.0, 7.0).reshape(2, 3) * mixture[kind]) for kind in ("normal", "reduce"))
        return jnp.tanh(images.mean((1, 2)) @ kernel) * rows


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """What is logged as an epoch ends, by the number of epochs done."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "images.npz"
    images, labels = rng.integers(0, 256, (60, 8, 8, 3), np.uint8), np.arange(60) % 3
    np.savez(path, x_train=images[:50], y_train=labels[:50], x_test=images[50:], y_test=labels[50:])
    dataset = load_dataset(str(path))
    config = base()
    config.search.batch_size, config.search.diagnosis.every, config.search.diagnosis.iterations = SIZE, 3, 4
    settings = dataclasses.replace(search_settings(config), space=SPACE)
    rate = lambda step: 0.1  # noqa: E731
    optimizers = optim.sgd(rate, 0.9, 0.0, 5.0), optim.adam(0.01, 0.5, 0.999, 0.0)
    problem = SearchProblem(Toy(SPACE), darts(init_scale=1.0), *optimizers, rate, 0.9, 0.0, total_steps=9)
    state = init_state(problem, jax.random.key(0), (8, 8, 3))
    arrays = {"images": jnp.asarray(dataset.train.images), "labels": jnp.asarray(dataset.train.labels)}
    whole = make_diagnosis(problem, settings.search.diagnosis.iterations)
    diagnose = diagnoser(settings, whole, dataset, np.arange(25), np.arange(25, 50))
    genotype = problem.method.derive(SPACE, jax.tree.map(np.asarray, state.alpha))
    return {epochs: diagnose(state, arrays, genotype, epochs) for epochs in (1, 3)}


def test_cheap_figures_come_always_and_the_others_at_the_interval(figures):
    cheap = {"skips_normal", "skips_reduce"} | {f"entropy_{k}_{e:02}" for k in ("normal", "reduce") for e in (0, 1)}
    assert set(figures[1]) == cheap
    assert set(figures[3]) - cheap == {
        "eigenvalue",
        "largest_eigenvalue",
        "hypergradient_cosine",
        "hypergradient_error",
        "accuracy_mixed",
        "accuracy_derived",
        "discretization_gap",
    }
    assert all(np.isfinite(value) for value in figures[3].values())


def test_accuracies_are_over_whole_batches_of_the_validation_half(figures):
    images = min(BATCHES, 25 // SIZE) * SIZE
    for name in ("accuracy_mixed", "accuracy_derived"):
        assert figures[3][name] * images == pytest.approx(round(figures[3][name] * images), abs=1e-4)
