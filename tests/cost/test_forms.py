"""Loss and cost as one number: every form by hand, and what a bound does to alphas."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import bounded_loss, expected_cost, network_cost
from dartsx.cost.forms import REWARDS
from dartsx.nn import CellNetwork, Supernet
from dartsx.search import darts, relax
from dartsx.spaces import CELL_TYPES, CellSpace

SPACE = CellSpace(("none", "skip_connect", "sep_conv_3x3", "sep_conv_5x5"), num_nodes=2)
SUPERNET = Supernet(SPACE, 4, 3)


def flat():
    return {name: jnp.zeros(shape) for name, shape in SPACE.alpha_shapes.items()}


@pytest.mark.parametrize(
    ("form", "cost", "expected"),
    [
        ("linear", 3.0, 4.0 + 0.5 * 1.5),
        ("above", 3.0, 4.0 + 0.5 * 0.5),
        ("above", 1.0, 4.0),
        ("log", 3.0, 4.0 + 0.5 * np.log(1.5)),
        ("log", 1.0, 4.0 + 0.5 * np.log(0.5)),
        ("log_ratio", 8.0, 4.0 * 0.5 * 3**0.6),  # log 8 is 3 times log 2
        ("log_power", np.e, 4.0 * 0.5),
        ("log_power", np.e**32, 4.0 * 0.5 * 8),  # 32**0.6
    ],
)
def test_losses_by_hand_and_their_gradients(form, cost, expected):
    bounded = bounded_loss(lambda cost: cost, lambda alpha: alpha, 2.0, 0.5, form)
    for number in (float, np.float64, jnp.float32):
        assert float(bounded(4.0, number(cost))) == pytest.approx(expected, rel=1e-5)
    step = 1e-5 * cost
    slope = (bounded(4.0, cost + step) - bounded(4.0, cost - step)) / (2 * step)
    assert float(jax.grad(bounded, argnums=1)(4.0, jnp.float32(cost))) == pytest.approx(slope, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("form", "cost", "expected"),
    [
        ("mnasnet_soft", 4.0, 0.8 * 2**-0.07),
        ("mnasnet_soft", 1.0, 0.8 * 2**0.07),
        ("mnasnet_hard", 4.0, 0.4),
        ("mnasnet_hard", 1.0, 0.8),
        ("tunas_absolute", 3.0, 0.8 - 0.07 * 0.5),
        ("tunas_absolute", 1.0, 0.8 - 0.07 * 0.5),
    ],
)
def test_rewards_by_hand(form, cost, expected):
    assert REWARDS[form](0.8, cost, 2.0) == pytest.approx(expected)
    assert np.asarray(REWARDS[form](np.full(2, 0.8), np.full(2, cost), 2.0)) == pytest.approx([expected] * 2)


def test_a_constraint_makes_alphas_cheap_enough_and_then_lets_them_be(quick_jit):
    cost = expected_cost(SUPERNET, 8, "macs")
    start = {name: alpha.at[:, 3].set(2.0) for name, alpha in flat().items()}
    target = 0.5 * float(cost(relax.softmax(start)))
    method = dataclasses.replace(darts("first_order"), bound=bounded_loss(cost, relax.softmax, target, form="above"))

    def step(alpha, _):
        gradient = jax.grad(method.bound, argnums=1)(0.0, alpha)
        return jax.tree.map(lambda a, g: a - 2.0 * g, alpha, gradient), None

    alpha, _ = quick_jit(lambda alpha: jax.lax.scan(step, alpha, length=100))(start)
    mixture = {name: np.asarray(rows, float) for name, rows in relax.softmax(alpha).items()}
    assert cost(mixture) <= 1.001 * target
    gradient = jax.grad(method.bound, argnums=1)(0.0, {name: alpha[name].at[:, 0].add(1.0) for name in CELL_TYPES})
    assert all((rows == 0).all() for rows in gradient.values())


def test_a_strong_penalty_derives_the_cheapest_network():
    cost = expected_cost(SUPERNET, 8, "params")
    bounded = bounded_loss(cost, relax.softmax, 1000.0)
    gradient = jax.jit(jax.grad(bounded, argnums=1))
    alpha = flat()
    for _ in range(20):
        alpha = jax.tree.map(lambda a, g: a - g, alpha, gradient(0.0, alpha))
    derived = SPACE.derive({name: jax.device_get(rows) for name, rows in relax.softmax(alpha).items()})
    rng = np.random.default_rng(0)
    others = [network_cost(CellNetwork(SPACE.sample(rng), 4, 3).description, 8).params for _ in range(200)]
    assert network_cost(CellNetwork(derived, 4, 3).description, 8).params <= min(others)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, -1.0), "weight of the penalty is -1.0; allowed: 0 or more"),
        ((1.0, float("nan")), "weight of the penalty is nan"),
        ((0.0,), "target of the penalty is 0.0; allowed: above 0"),
        ((float("inf"),), "target of the penalty is inf"),
        ((1.0, 1.0, "cubic"), "'cubic'; allowed: linear, above, log, log_ratio, log_power"),
        ((1.0, 1.0, "log_power"), "target of the penalty is 1.0; allowed: above 1"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        bounded_loss(lambda mixture: 1.0, relax.softmax, *arguments)
