"""Relaxations against their theory: sampling frequencies, moments, gradients in the mean, dropped candidates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from dartsx.search import relax

ALPHA = {"normal": jnp.array([[0.5, -0.4, 1.2, 0.0]])}
DRAWS = 4000
SAMPLERS = {
    "concrete": lambda alpha, key: relax.concrete(alpha, key, 0.7),
    "hard_concrete": lambda alpha, key: relax.hard_concrete(alpha, key, 3.0),
    "reinmax": lambda alpha, key: relax.reinmax(alpha, key, 1.3),
    "dirichlet": relax.dirichlet,
}


def draw(name, alpha=ALPHA):
    """[draws, primitives]."""
    keys = jax.random.split(jax.random.key(1), DRAWS)
    return np.asarray(jax.vmap(lambda key: SAMPLERS[name](alpha, key)["normal"][0])(keys))


@pytest.mark.parametrize("name", ["concrete", "hard_concrete", "reinmax"])
def test_the_largest_weight_falls_on_a_candidate_as_often_as_softmax_says(name):
    counts = np.bincount(draw(name).argmax(1), minlength=4)
    expected = DRAWS * special.softmax(np.asarray(ALPHA["normal"][0], np.float64))
    assert stats.chisquare(counts, expected).pvalue > 1e-3


@pytest.mark.parametrize("name", ["hard_concrete", "reinmax"])
def test_hard_samples_are_exactly_one_hot(name):
    rows = draw(name)
    assert set(np.unique(rows)) == {0.0, 1.0}
    assert (rows.sum(1) == 1).all()


def test_dirichlet_rows_have_the_means_and_variances_of_their_distribution():
    rows, alpha = draw("dirichlet"), np.asarray(ALPHA["normal"][0])
    theory = stats.dirichlet(np.where(alpha > 0, alpha + 1, np.exp(alpha)))
    error = np.sqrt(theory.var() / DRAWS)
    assert (np.abs(rows.mean(0) - theory.mean()) < 4 * error).all()
    np.testing.assert_allclose(rows.var(0), theory.var(), rtol=0.15)


def test_the_mean_of_reinmax_gradients_is_exact_for_a_quadratic(x64):
    """Sum over the candidates of p_i * gradient when i is drawn, against the gradient of the expectation."""
    rng = np.random.default_rng(0)
    bend, slope = rng.normal(size=(4, 4)), rng.normal(size=4)
    alpha = jnp.asarray(ALPHA["normal"], jnp.float64)

    def loss(rows):
        return rows @ jnp.asarray(bend) @ rows + jnp.asarray(slope) @ rows

    def gradient(key):
        def of(a):
            rows = relax.reinmax({"normal": a}, key)["normal"][0]
            return loss(rows), rows

        return jax.grad(of, has_aux=True)(alpha)

    gradients, rows = jax.vmap(gradient)(jax.random.split(jax.random.key(0), 64))
    drawn, p = np.asarray(rows).argmax(1), special.softmax(np.asarray(alpha[0]))
    mean = sum(p[i] * np.asarray(gradients)[drawn == i][0, 0] for i in range(4))  # the same whenever i is drawn
    values = jax.vmap(loss)(jnp.eye(4))
    np.testing.assert_allclose(mean, jax.grad(lambda a: jax.nn.softmax(a[0]) @ values)(alpha)[0], rtol=1e-9)


RELAXATIONS = SAMPLERS | {
    "softmax": lambda alpha, key: relax.softmax(alpha, 0.5),
    "sigmoid": lambda alpha, key: relax.sigmoid(alpha),
    "strongest": lambda alpha, key: relax.strongest(alpha),
}


@pytest.mark.parametrize("name", RELAXATIONS)
def test_a_dropped_candidate_has_no_weight_and_no_gradient(name):
    kept = jnp.array([[True, False, True, True]])

    def mixture(alpha):
        return RELAXATIONS[name]({"normal": jnp.where(kept, alpha, -jnp.inf)}, jax.random.key(0))["normal"]

    rows = mixture(ALPHA["normal"])
    assert rows[0, 1] == 0 and np.isfinite(rows).all()
    if name != "sigmoid":
        np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-5)
    gradient = jax.grad(lambda alpha: (mixture(alpha) * jnp.arange(4.0)).sum())(ALPHA["normal"])
    assert gradient[0, 1] == 0 and np.isfinite(gradient).all()


def test_cell_types_get_noise_of_their_own():
    two = {"normal": ALPHA["normal"], "reduce": ALPHA["normal"]}
    rows = relax.concrete(two, jax.random.key(0), 1.0)
    assert not np.allclose(rows["normal"], rows["reduce"])
