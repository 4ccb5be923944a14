"""Diagnosis: eigenvalues against the dense Hessian, hypergradients, entropies, the price of deriving."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.kernels.channel_major.primitives import TOPOLOGY_PRIMITIVES, lookup
from dartsx.kernels.plan import CellPlan
from dartsx.losses import accuracy, cross_entropy
from dartsx.nn.layers import Classifier
from dartsx.nn.search_cell import SearchCell
from dartsx.search import Batch, SearchProblem, darts, init_state
from dartsx.search.diagnosis import entropies, hessian_extremes, make_diagnosis
from dartsx.search.hypergradient import Bilevel, Inner, exact, finite_difference
from dartsx.search.lanczos import extreme_eigenvalues
from dartsx.spaces import TopologySpace

SPACE = TopologySpace(("none", "skip_connect", "nor_conv_1x1", "avg_pool_3x3"), ((0, 1), (0, 2), (1, 2)))


@pytest.mark.parametrize("iterations", [12, 30])
def test_lanczos_finds_the_ends_of_a_spectrum(iterations):
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.normal(size=(30, 30)))
    values = np.concatenate([[-7.0], rng.uniform(-1, 1, 28), [5.0]])
    matrix = basis * values @ basis.T
    found = extreme_eigenvalues(lambda v: matrix @ v, rng.normal(size=30), iterations)
    assert found.products <= iterations
    np.testing.assert_allclose([found.smallest, found.largest, found.dominant], [-7, 5, -7], rtol=1e-5)


@pytest.mark.parametrize("values", [[2.0, 2.0, 2.0], [3.0, 0.0, 0.0], [-1.0, -1.0, -4.0]])
def test_lanczos_may_end_early(values):
    matrix = np.diag(values)
    found = extreme_eigenvalues(lambda v: matrix @ v, np.array([1.0, 2.0, 3.0]), 3)
    np.testing.assert_allclose([found.smallest, found.largest], [min(values), max(values)], atol=1e-9)


class OneCell(nn.Module):
    """A cell of a supernet on the images themselves, and a linear layer."""

    space: TopologySpace

    @nn.compact
    def __call__(self, images, mixture, train):
        primitives = tuple(lookup(self.space.primitives, TOPOLOGY_PRIMITIVES).items())
        plan = CellPlan(False, False, 3, 3, 3)
        cell = SearchCell(self.space.edges, self.space.concat, primitives, plan, activation=jax.nn.softplus)
        return Classifier(3)(cell(images.transpose(3, 0, 1, 2), None, mixture["normal"], train) ** 2)


@pytest.fixture(scope="module")
def problem():
    rate = lambda step: 0.1  # noqa: E731
    return SearchProblem(
        supernet=OneCell(SPACE),
        method=darts(init_scale=1.0),
        weight_optimizer=optim.sgd(rate, 0.9, 3e-4, 5.0),
        alpha_optimizer=optim.adam(1e-3, 0.5, 0.999, 1e-3),
        rate=rate,
        momentum=0.9,
        weight_decay=3e-4,
        total_steps=10,
    )


@pytest.fixture(scope="module")
def computed(problem, quick_jit):
    """State, batches, the derived genotype, the diagnosis, and the same from dense and separate computations."""
    rng = np.random.default_rng(0)
    train, valid = (
        Batch(jnp.asarray(rng.normal(size=(8, 4, 4, 3)), jnp.float32), jnp.asarray(rng.integers(0, 3, 8)))
        for _ in range(2)
    )

    def loss(state, batch):
        def of(params, alpha):
            variables = {"params": params, "batch_stats": state.batch_stats}
            mixture = {"normal": jax.nn.softmax(alpha["normal"])}
            return cross_entropy(problem.supernet.apply(variables, batch.images, mixture, True), batch.labels), None

        return of

    @quick_jit
    def reference(state, one_hot):
        on_valid = loss(state, valid)
        hessian = jax.hessian(lambda rows: on_valid(state.params, {"normal": rows.reshape(3, 4)})[0])
        buffer = jax.tree.map(jnp.zeros_like, state.params)
        given = (Bilevel(loss(state, train), on_valid), state.params, state.alpha, Inner(0.1, 0.9, 3e-4, buffer))
        gradients = [kind(*given).gradient["normal"].ravel() for kind in (finite_difference, exact)]
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        mixture = {"normal": jax.nn.softmax(state.alpha["normal"])}

        def right(mixture):
            logits = [problem.supernet.apply(variables, batch.images, mixture, True) for batch in (valid, train)]
            return (accuracy(logits[0], valid.labels) + accuracy(logits[1], train.labels)) / 2

        return hessian(state.alpha["normal"].ravel()), gradients, [right(mixture), right(one_hot)]

    state = quick_jit(lambda key: init_state(problem, key, (4, 4, 3)))(jax.random.key(0))
    genotype = problem.method.derive(SPACE, jax.tree.map(np.asarray, state.alpha))
    one_hot = {kind: rows.astype(np.float32) for kind, rows in SPACE.encode(genotype).items()}
    batches = jax.tree.map(lambda a, b: jnp.stack([a, b]), valid, train)
    diagnosis = make_diagnosis(problem, iterations=12)(state, train, batches, one_hot)
    return diagnosis, *jax.tree.map(np.asarray, reference(state, one_hot))


def test_the_dominant_eigenvalue_is_that_of_the_dense_hessian(computed):
    diagnosis, hessian, *_ = computed
    values = np.linalg.eigvalsh(hessian)
    assert diagnosis["eigenvalue"] == pytest.approx(values[np.abs(values).argmax()], rel=1e-4)
    assert diagnosis["largest_eigenvalue"] == pytest.approx(values[-1], rel=1e-4)


def test_hypergradients_are_compared(computed):
    diagnosis, _, (approximate, reference), _ = computed
    cosine = approximate @ reference / np.linalg.norm(approximate) / np.linalg.norm(reference)
    error = np.linalg.norm(approximate - reference) / np.linalg.norm(reference)
    assert diagnosis["hypergradient_cosine"] == pytest.approx(cosine, rel=1e-4)
    # A difference of nearly equal float32 vectors.
    assert diagnosis["hypergradient_error"] == pytest.approx(error, rel=0.2, abs=1e-4)
    assert diagnosis["hypergradient_cosine"] > 0.99


def test_the_gap_is_between_the_mixture_and_the_derived_cell(computed):
    diagnosis, *_, (mixed, derived) = computed
    assert diagnosis["accuracy_mixed"] == mixed and diagnosis["accuracy_derived"] == derived
    assert diagnosis["discretization_gap"] == pytest.approx(mixed - derived)


def test_the_hessian_of_a_known_loss(x64):
    matrix = jnp.array([[2.0, 1.0, 0.0], [1.0, -3.0, 0.5], [0.0, 0.5, 1.0]])

    def loss(alpha):
        flat = jnp.concatenate([alpha["a"], alpha["b"]])
        return flat @ matrix @ flat / 2

    found = hessian_extremes(loss, {"a": jnp.ones(2), "b": jnp.ones(1)}, jax.random.key(0))
    np.testing.assert_allclose([found.smallest, found.largest], np.linalg.eigvalsh(matrix)[[0, -1]], rtol=1e-9)


def test_entropies():
    rows = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(entropies({"normal": rows})["normal"], [np.log(2), 0.0])
