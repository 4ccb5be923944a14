"""Hypergradients on a bilevel problem whose one-step unrolled gradient is known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.search.hypergradient import HYPERGRADIENTS, Bilevel, Inner, exact, finite_difference, first_order

SIZE, ALPHAS = 5, 3
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01


@pytest.fixture
def problem(x64):
    """L_train = w'Aw/2 - w'B alpha + tanh(C alpha)'w, L_valid = |w - d|^2 / 2 + alpha'E w: all derivatives by hand."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(SIZE, SIZE))
    given = {
        "A": a @ a.T,
        "B": rng.normal(size=(SIZE, ALPHAS)),
        "C": rng.normal(size=(SIZE, ALPHAS)),
        "d": rng.normal(size=SIZE),
        "E": rng.normal(size=(ALPHAS, SIZE)),
        "w": rng.normal(size=SIZE),
        "alpha": rng.normal(size=ALPHAS),
        "buffer": rng.normal(size=SIZE),
    }
    return {name: jnp.array(value) for name, value in given.items()}


def _bilevel(p):
    def train(w, alpha):
        loss = w @ p["A"] @ w / 2 - w @ p["B"] @ alpha + jnp.tanh(p["C"] @ alpha) @ w
        return loss, "train"

    def valid(w, alpha):
        return jnp.sum((w - p["d"]) ** 2) / 2 + alpha @ p["E"] @ w, "valid"

    return Bilevel(train, valid)


def _inner(p):
    return Inner(RATE, MOMENTUM, DECAY, p["buffer"])


def _by_hand(p):
    """(direct term at w', mixed second derivative of L_train times v)."""
    w, alpha = p["w"], p["alpha"]
    gradient = p["A"] @ w - p["B"] @ alpha + np.tanh(p["C"] @ alpha)
    virtual = w - RATE * (MOMENTUM * p["buffer"] + gradient + DECAY * w)
    along = virtual - p["d"] + p["E"].T @ alpha
    # d/d alpha of the gradient in w is -B + diag(1 - tanh^2) C, [SIZE, ALPHAS].
    mixed = -p["B"] + (1 - np.tanh(p["C"] @ alpha) ** 2)[:, None] * p["C"]
    return p["E"] @ virtual, mixed.T @ along


def test_exact_equals_the_closed_form(problem):
    direct, second = _by_hand(problem)
    result = exact(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem))
    np.testing.assert_allclose(result.gradient, direct - RATE * second, rtol=1e-12)
    assert result.auxiliary == "valid"


def test_first_order_is_the_direct_term_at_the_present_weights(problem):
    result = first_order(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem))
    np.testing.assert_allclose(result.gradient, problem["E"] @ problem["w"], rtol=1e-12)


def test_finite_difference_is_exact_where_the_gradient_is_linear_in_the_weights(problem):
    """d_alpha L_train is linear in w here, so central differences have no error but rounding, at any radius."""
    wanted = exact(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem)).gradient
    for radius in (1e-1, 1e-2, 1e-4):
        got = finite_difference(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem), radius)
        np.testing.assert_allclose(got.gradient, wanted, rtol=1e-8)


def test_wrong_divisor_would_be_seen(problem):
    direct, second = _by_hand(problem)
    got = finite_difference(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem)).gradient
    wrong = direct - RATE * 2 * second  # the difference of both sides over r instead of 2 r
    assert np.abs(got - wrong).max() > 0.01 * np.abs(got).max()


@pytest.mark.parametrize("name", sorted(HYPERGRADIENTS))
def test_without_a_step_all_are_first_order(problem, name):
    still = _inner(problem)._replace(rate=0.0)
    got = HYPERGRADIENTS[name](_bilevel(problem), problem["w"], problem["alpha"], still)
    np.testing.assert_allclose(got.gradient, problem["E"] @ problem["w"], rtol=1e-12)


@pytest.mark.parametrize("name", sorted(HYPERGRADIENTS))
def test_gradients_keep_the_dtype_of_the_alphas(name):
    weights, alpha = {"w": jnp.ones(3, jnp.float32)}, {"a": jnp.ones(3, jnp.float32)}

    def loss(w, a):
        return jnp.sum(jnp.sin(w["w"] * a["a"])), None

    inner = Inner(jnp.float32(0.1), 0.9, 0.0, jax.tree.map(jnp.zeros_like, weights))
    result = HYPERGRADIENTS[name](Bilevel(loss, loss), weights, alpha, inner)
    assert result.gradient["a"].dtype == jnp.float32
