"""When a search is diagnosed, on which images, and what its cheap figures say in spaces of any groups."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.data import AugmentPolicy, from_arrays
from dartsx.feeds import image_examples
from dartsx.runtime import make_mesh
from dartsx.search import SearchProblem, darts, init_state, make_diagnosis
from dartsx.search.figures import BATCHES, cheap_figures, make_figures, skip_counts
from dartsx.spaces import CellSpace, named_space, nb201, published

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
def figures():
    """What is logged as an epoch ends, by the number of epochs done."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 8, 8, 3), np.uint8), np.arange(60) % 3
    dataset = from_arrays("random", images[:50], labels[:50], images[50:], labels[50:])
    examples = image_examples(dataset.train, dataset, AugmentPolicy(), "float32", make_mesh(1))
    rate = lambda step: 0.1  # noqa: E731
    optimizers = optim.sgd(rate, 0.9, 0.0, 5.0), optim.adam(0.01, 0.5, 0.999, 0.0)
    problem = SearchProblem(Toy(SPACE), darts(init_scale=1.0), *optimizers, rate, 0.9, 0.0, total_steps=9)
    state = init_state(problem, jax.random.key(0), (8, 8, 3))
    whole = make_diagnosis(problem, iterations=4)
    diagnose = make_figures(SPACE, whole, examples, np.arange(25), np.arange(25, 50), SIZE, every=3)
    alpha = jax.tree.map(np.asarray, state.alpha)
    strengths, genotype = problem.method.strength(alpha), problem.method.derive(SPACE, alpha)
    return {epochs: diagnose(state, strengths, genotype, epochs) for epochs in (1, 3)}


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


def test_entropies_are_those_of_the_strengths_whatever_the_groups_are_called_and_their_rows_sum_to():
    """Sigmoids, a dropped candidate, and a shorter row (0 where it ends)."""

    class Described:
        alpha_shapes = {"decisions": (3, 3)}
        options = {"decisions": (("none", "skip_connect", "conv"), ("none", "skip_connect"), ("none", "skip_connect"))}

        def encode(self, architecture):
            return {"decisions": np.eye(3)[list(architecture)]}

    strengths = {"decisions": np.array([[0.9, 0.9, 0.0], [0.2, 0.2, 0.2], [0.7, 0.0, 0.0]])}
    found = cheap_figures(Described(), strengths, (0, 1, 1))
    assert found.pop("skips_decisions") == 2
    expected = {f"entropy_decisions_{row:02}": value for row, value in enumerate([np.log(2), np.log(3), 0.0])}
    assert found == pytest.approx(expected)


def test_skips_are_counted_by_group():
    assert skip_counts(named_space("nb201"), nb201.uniform_cell("skip_connect")) == {"normal": 6}
    assert skip_counts(CellSpace(), published("DARTS_V2")) == {"normal": 2, "reduce": 3}
