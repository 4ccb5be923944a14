"""Zero-cost proxies of a network of two layers against NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.objectives.zero_cost import gradient_norm, grasp, jacobian_covariance, snip, synflow

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


def test_gradient_norm_and_snip():
    found = gradient(PARAMS)
    norm = np.sqrt(sum((found[name] ** 2).sum() for name in WEIGHTS))
    assert gradient_norm(loss, PARAMS) == pytest.approx(norm, rel=1e-12)
    wanted = sum(np.abs(PARAMS[name] * found[name]).sum() for name in WEIGHTS)
    assert snip(loss, PARAMS) == pytest.approx(wanted, rel=1e-12)


def test_grasp_is_the_product_of_weights_hessian_and_gradient():
    along, step = gradient(PARAMS), 1e-6
    sides = []
    for sign in (1, -1):
        moved = {name: PARAMS[name] + sign * step * along[name] for name in WEIGHTS}
        sides.append(gradient({**PARAMS, **moved}))
    product = {name: (sides[0][name] - sides[1][name]) / (2 * step) for name in WEIGHTS}
    wanted = -sum((PARAMS[name] * product[name]).sum() for name in WEIGHTS)
    assert grasp(loss, PARAMS) == pytest.approx(wanted, rel=1e-6)


def test_synflow_flows_through_positive_weights():
    positive = {name: np.abs(value) for name, value in PARAMS.items()}
    found = gradient(positive, np.ones((1, 5)), np.ones((1, 3)))
    wanted = sum((positive[name] * found[name]).sum() for name in WEIGHTS)
    assert synflow(outputs, PARAMS, INPUTS[:1]) == pytest.approx(wanted, rel=1e-12)


def test_jacobian_covariance():
    values = np.linalg.eigvalsh(np.corrcoef(gradient(PARAMS, INPUTS, np.ones((6, 3)))["inputs"]))
    wanted = -np.sum(np.log(values + 1e-5) + 1 / (values + 1e-5))
    assert jacobian_covariance(outputs, PARAMS, INPUTS) == pytest.approx(wanted, rel=1e-4)
