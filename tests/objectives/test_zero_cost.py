"""Zero-cost proxies of a network of two layers against NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.objectives.zero_cost import (
    Codes,
    Variances,
    fisher,
    gradient_norm,
    grasp,
    jacobian_covariance,
    naswot,
    snip,
    synflow,
    zen,
)

RNG = np.random.default_rng(0)
INPUTS, LABELS = RNG.normal(size=(6, 5)), np.array([0, 1, 2, 0, 1, 2])
PARAMS = {"first": RNG.normal(size=(5, 7)), "bias": RNG.normal(size=7), "second": RNG.normal(size=(7, 3))}
WEIGHTS = ("first", "second")


def outputs(params, inputs):
    return jnp.maximum(inputs @ params["first"] + params["bias"], 0) @ params["second"]


def loss(params):
    logs = jax.nn.log_softmax(outputs(params, INPUTS))
    return -logs[jnp.arange(6), LABELS].mean()


def gradient(params, inputs=INPUTS, by_outputs=None):
    """Derivatives of the loss, or of outputs weighted by ``by_outputs``, in NumPy."""
    hidden = np.maximum(inputs @ params["first"] + params["bias"], 0)
    if by_outputs is None:
        logits = hidden @ params["second"]
        p = np.exp(logits - logits.max(1, keepdims=True))
        by_outputs = (p / p.sum(1, keepdims=True) - np.eye(3)[LABELS]) / 6
    by_hidden = (by_outputs @ params["second"].T) * (hidden > 0)
    return {
        "first": inputs.T @ by_hidden,
        "bias": by_hidden.sum(0),
        "second": hidden.T @ by_outputs,
        "inputs": by_hidden @ params["first"].T,
    }


@pytest.fixture(autouse=True)
def _x64(x64):
    pass


def test_gradient_norm_adds_the_layers_and_snip_their_weights():
    found = gradient(PARAMS)
    given = jax.grad(loss)(PARAMS)
    norms = sum(np.sqrt((found[name] ** 2).sum()) for name in WEIGHTS)
    assert gradient_norm(given) == pytest.approx(norms, rel=1e-12)
    wanted = sum(np.abs(PARAMS[name] * found[name]).sum() for name in WEIGHTS)
    assert snip(PARAMS, given) == pytest.approx(wanted, rel=1e-12)


def test_grasp_is_the_product_of_weights_hessian_and_gradient():
    along, step = gradient(PARAMS), 1e-6
    sides = []
    for sign in (1, -1):
        moved = {name: PARAMS[name] + sign * step * along[name] for name in WEIGHTS}
        sides.append(gradient({**PARAMS, **moved}))
    product = {name: (sides[0][name] - sides[1][name]) / (2 * step) for name in WEIGHTS}
    wanted = -sum((PARAMS[name] * product[name]).sum() for name in WEIGHTS)
    assert grasp(loss, PARAMS, jax.grad(loss)(PARAMS)) == pytest.approx(wanted, rel=1e-6)


def test_synflow_flows_through_positive_weights():
    positive = {name: np.abs(value) for name, value in PARAMS.items()}
    found = gradient(positive, np.ones((1, 5)), np.ones((1, 3)))
    wanted = sum((positive[name] * found[name]).sum() for name in WEIGHTS)
    assert synflow(outputs, PARAMS, INPUTS[:1]) == pytest.approx(wanted, rel=1e-12)


def test_jacobian_covariance():
    values = np.linalg.eigvalsh(np.corrcoef(gradient(PARAMS, INPUTS, np.ones((6, 3)))["inputs"]))
    wanted = -np.sum(np.log(values + 1e-5) + 1 / (values + 1e-5))
    assert jacobian_covariance(outputs, PARAMS, INPUTS) == pytest.approx(wanted, rel=1e-4)


def test_fisher_counts_a_channel_once_for_each_weight_of_its_filter():
    """For a layer a and its factors f, the loss of f a has the derivative a dL/da at f = 1."""
    hidden = INPUTS @ PARAMS["first"] + PARAMS["bias"]

    def of_factors(factors):
        logs = jax.nn.log_softmax(jnp.maximum(factors["first"] * hidden, 0) @ PARAMS["second"])
        return -logs[jnp.arange(6), LABELS].mean()

    on = np.maximum(hidden, 0)
    p = np.exp(on @ PARAMS["second"])
    by_logits = (p / p.sum(1, keepdims=True) - np.eye(3)[LABELS]) / 6
    by_factor = hidden * ((by_logits @ PARAMS["second"].T) * (hidden > 0))
    wanted = 5 / 2 * (by_factor**2).mean(0).sum()
    assert fisher(of_factors, {"first": (6, 7, 5)}) == pytest.approx(wanted, rel=1e-12)


def test_naswot_counts_relus_that_agree_in_layers_that_exist():
    one, other = RNG.normal(size=(4, 5, 3)) > 0, RNG.normal(size=(4, 2)) > 0
    alike = np.array([[np.sum(a == b) for b in one] for a in one])
    found = naswot([Codes(jnp.asarray(one)), Codes(jnp.asarray(other), 0.0)])
    assert found == pytest.approx(np.linalg.slogdet(alike)[1], rel=1e-12)
    both = alike + np.array([[np.sum(a == b) for b in other] for a in other])
    assert naswot([Codes(jnp.asarray(one)), Codes(jnp.asarray(other))]) == pytest.approx(np.linalg.slogdet(both)[1])


def test_zen_undoes_the_scaling_of_the_norms_that_exist():
    features, moved = RNG.normal(size=(2, 4, 3, 3, 2))
    variances = RNG.uniform(1, 2, size=(2, 6))
    found = zen(features, moved, [Variances(jnp.asarray(variances[0])), Variances(jnp.asarray(variances[1]), 0.0)])
    wanted = np.log(np.abs(moved - features).sum((1, 2, 3)).mean()) + np.log(np.sqrt(variances[0].mean()))
    assert found == pytest.approx(wanted, rel=1e-12)
