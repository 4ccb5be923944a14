"""A penalty on the expected cost: its forms by hand, and what it does to alphas."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import cost_penalty, expected_cost, network_cost
from dartsx.nn import CellNetwork, Supernet
from dartsx.search import darts, relax
from dartsx.spaces import CELL_TYPES, CellSpace

SPACE = CellSpace(("none", "skip_connect", "sep_conv_3x3", "sep_conv_5x5"), num_nodes=2)
SUPERNET = Supernet(SPACE, 4, 3)


def flat():
    return {name: jnp.zeros(shape) for name, shape in SPACE.alpha_shapes.items()}


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("linear", 3.0, 0.5 * 1.5),
        ("above", 3.0, 0.5 * 0.5),
        ("above", 1.0, 0.0),
        ("log", 3.0, 0.5 * np.log(1.5)),
        ("log", 1.0, 0.5 * np.log(0.5)),
    ],
)
def test_forms_by_hand(form, value, expected):
    penalty = cost_penalty(lambda mixture: jnp.asarray(value), relax.softmax, 0.5, 2.0, form)
    assert float(penalty(flat(), 0.0)) == pytest.approx(expected)


def test_a_constraint_makes_alphas_cheap_enough_and_then_lets_them_be(quick_jit):
    cost = expected_cost(SUPERNET, 8, "macs")
    start = {name: alpha.at[:, 3].set(2.0) for name, alpha in flat().items()}
    target = 0.5 * float(cost(relax.softmax(start)))
    method = dataclasses.replace(darts("first_order"), penalty=cost_penalty(cost, relax.softmax, 1.0, target, "above"))

    def step(alpha, _):
        gradient = jax.grad(method.penalty)(alpha, 0.0)
        return jax.tree.map(lambda a, g: a - 2.0 * g, alpha, gradient), None

    alpha, _ = quick_jit(lambda alpha: jax.lax.scan(step, alpha, length=100))(start)
    mixture = {name: np.asarray(rows, float) for name, rows in relax.softmax(alpha).items()}
    assert cost(mixture) <= 1.001 * target
    gradient = jax.grad(method.penalty)({name: alpha[name].at[:, 0].add(1.0) for name in CELL_TYPES}, 0.0)
    assert all((rows == 0).all() for rows in gradient.values())


def test_a_strong_penalty_derives_the_cheapest_network():
    cost = expected_cost(SUPERNET, 8, "params")
    penalty = cost_penalty(cost, relax.softmax, 1.0, 1000.0)
    gradient = jax.jit(jax.grad(penalty))
    alpha = flat()
    for _ in range(20):
        alpha = jax.tree.map(lambda a, g: a - g, alpha, gradient(alpha, 0.0))
    derived = SPACE.derive({name: jax.device_get(rows) for name, rows in relax.softmax(alpha).items()})
    rng = np.random.default_rng(0)
    others = [network_cost(CellNetwork(SPACE.sample(rng), 4, 3).description, 8).params for _ in range(200)]
    assert network_cost(CellNetwork(derived, 4, 3).description, 8).params <= min(others)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 1.0), "weight of the penalty is -1.0; allowed: 0 or more"),
        ((float("nan"), 1.0), "weight of the penalty is nan"),
        ((1.0, 0.0), "target of the penalty is 0.0; allowed: above 0"),
        ((1.0, float("inf")), "target of the penalty is inf"),
        ((1.0, 1.0, "cubic"), "'cubic'; allowed: linear, above, log"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        cost_penalty(lambda mixture: 1.0, relax.softmax, *arguments)
