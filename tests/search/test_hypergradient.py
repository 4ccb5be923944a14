"""Hypergradients on a bilevel problem whose one-step unrolled gradient is known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.search.hypergradient import Bilevel, Inner, exact, finite_difference, first_order
from dartsx.search.hypergradient_implicit import conjugate_gradient, neumann
from dartsx.search.hypergradient_unrolled import unrolled
from dartsx.search.hypergradients import HYPERGRADIENTS, hypergradient_by_name

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


@pytest.mark.parametrize("name", sorted(set(HYPERGRADIENTS) - {"conjugate_gradient"}))
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


def _implicit(p):
    """(direct term, M = mixed second derivative [alphas, weights], H with weight decay, v) at the present weights."""
    w, alpha = p["w"], p["alpha"]
    mixed = -p["B"] + (1 - np.tanh(p["C"] @ alpha) ** 2)[:, None] * p["C"]
    hessian = np.asarray(p["A"]) + DECAY * np.eye(SIZE)
    return p["E"] @ w, np.asarray(mixed).T, hessian, np.asarray(w - p["d"] + p["E"].T @ alpha)


@pytest.mark.parametrize("terms", [1, 4, 16])
def test_neumann_is_its_series_and_within_its_bound_of_the_implicit_gradient(problem, terms):
    direct, mixed, hessian, along = _implicit(problem)
    spectrum = np.linalg.eigvalsh(hessian)
    gamma = 0.9 / spectrum[-1]
    inner = _inner(problem)._replace(rate=gamma)
    got = neumann(_bilevel(problem), problem["w"], problem["alpha"], inner, terms).gradient
    powers = [np.linalg.matrix_power(np.eye(SIZE) - gamma * hessian, k) @ along for k in range(terms)]
    np.testing.assert_allclose(got, direct - gamma * mixed @ sum(powers), rtol=1e-10)
    error = np.linalg.norm(got - (direct - mixed @ np.linalg.solve(hessian, along)))
    bound = (1 - gamma * spectrum[0]) ** terms * np.linalg.norm(along) / spectrum[0]
    assert error <= np.linalg.norm(mixed, 2) * bound


@pytest.mark.parametrize("terms", [1, 2, 3, 4])
def test_conjugate_gradient_is_within_its_bound_of_the_implicit_gradient(problem, terms):
    direct, mixed, hessian, along = _implicit(problem)
    got = conjugate_gradient(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem), terms).gradient
    spectrum, vectors = np.linalg.eigh(hessian)
    root = np.sqrt(spectrum[-1] / spectrum[0])
    solution = np.linalg.solve(hessian, along)
    bound = 2 * ((root - 1) / (root + 1)) ** terms * np.sqrt(solution @ hessian @ solution)
    error = np.linalg.norm(got - (direct - mixed @ solution))
    assert error <= np.linalg.norm(mixed @ vectors / np.sqrt(spectrum), 2) * bound


def test_conjugate_gradient_is_exact_after_as_many_steps_as_weights(problem):
    direct, mixed, hessian, along = _implicit(problem)
    expected = direct - mixed @ np.linalg.solve(hessian, along)
    for terms in (SIZE, 3 * SIZE):  # and stays there
        got = conjugate_gradient(_bilevel(problem), problem["w"], problem["alpha"], _inner(problem), terms)
        np.testing.assert_allclose(got.gradient, expected, rtol=1e-6)


def test_conjugate_gradient_ends_before_negative_curvature(problem):
    bent = problem | {"A": -problem["A"]}
    got = conjugate_gradient(_bilevel(bent), problem["w"], problem["alpha"], _inner(problem))
    np.testing.assert_allclose(got.gradient, problem["E"] @ problem["w"], rtol=1e-12)


@pytest.mark.parametrize("terms", [1, 3])
def test_unrolled_equals_the_derivative_through_a_written_out_loop(problem, terms):
    bilevel, inner = _bilevel(problem), _inner(problem)

    def after(alpha):
        w, buffer = problem["w"], inner.buffer
        for _ in range(terms):
            buffer = MOMENTUM * buffer + jax.grad(lambda w: bilevel.train(w, alpha)[0])(w) + DECAY * w
            w = w - RATE * buffer
        return bilevel.valid(w, alpha)[0]

    got = unrolled(bilevel, problem["w"], problem["alpha"], inner, terms)
    value, gradient = jax.value_and_grad(after)(problem["alpha"])
    np.testing.assert_allclose(got.gradient, gradient, rtol=1e-10)
    np.testing.assert_allclose(got.loss, value, rtol=1e-12)


def test_one_unrolled_step_is_exact(problem):
    arguments = _bilevel(problem), problem["w"], problem["alpha"], _inner(problem)
    np.testing.assert_allclose(unrolled(*arguments, terms=1).gradient, exact(*arguments).gradient, rtol=1e-12)


def test_unrolled_from_a_minimiser_is_a_neumann_series(problem):
    """Without momentum, at the minimiser, K virtual steps change no weight and differentiate to K terms."""
    _, mixed, hessian, _ = _implicit(problem)
    alpha = problem["alpha"]
    still = np.linalg.solve(hessian, problem["B"] @ alpha - np.tanh(problem["C"] @ alpha))
    inner = Inner(0.5 / np.linalg.eigvalsh(hessian)[-1], 0.0, DECAY, jnp.zeros(SIZE))
    arguments = _bilevel(problem), jnp.array(still), alpha, inner, 5
    np.testing.assert_allclose(unrolled(*arguments).gradient, neumann(*arguments).gradient, rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "terms", "problem"),
    [
        ("neuman", None, "'neuman'; allowed: first_order, .*, conjugate_gradient"),
        ("exact", 3, r"'exact' takes no terms \(3 given\); those that do: unrolled, neumann"),
        ("neumann", 0, "needs 1 term or more, got 0"),
    ],
)
def test_a_wrong_name_or_number_of_terms_is_refused(name, terms, problem):
    with pytest.raises(ValueError, match=problem):
        hypergradient_by_name(name, terms)
