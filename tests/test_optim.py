"""Optimisers and schedules against the traces of the original (schedule.json) and their formulas."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dartsx import optim


@pytest.fixture(scope="module")
def schedule(golden):
    return json.loads((golden / "schedule.json").read_text())


def _gradients(problem):
    a, b = np.array(problem["A"]), np.array(problem["b"])

    def loss(params):
        residual = a @ jnp.concatenate([params["u"], params["v"].ravel()]) - b
        return 0.5 * residual @ residual

    return jax.value_and_grad(loss)


def _trace(problem, optimizer, steps):
    """Losses, gradients and parameters of `steps` steps from the problem's start."""
    params = {"u": jnp.array(problem["u0"]), "v": jnp.array(problem["v0"])}
    state = optimizer.init(params)
    for _ in range(steps):
        loss, gradient = _gradients(problem)(params)
        updates, state = optimizer.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        yield loss, gradient, params, state


def _close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), np.array(theirs), rtol=1e-10, atol=1e-12)


def _check_sgd(schedule, records, rate, weight_decay):
    given = schedule["sgd"]
    optimizer = optim.sgd(rate, given["momentum"], weight_decay, given["clip"])
    for record, (loss, gradient, params, state) in zip(
        records, _trace(schedule["problem"], optimizer, len(records)), strict=True
    ):
        _close(loss, record["loss"])
        _close(optax.tree.norm(gradient), record["grad_norm"])
        for name in ("u", "v"):
            _close(gradient[name], record[f"grad_{name}"])
            _close(params[name], record[name])
            _close(optim.momentum_buffer(state)[name], record[f"buf_{name}"])


def test_golden_sgd_at_constant_rate(schedule, x64):
    records = schedule["sgd"]["constant_lr"]
    _check_sgd(schedule, records, lambda step: records[0]["lr"], schedule["sgd"]["weight_decay"])


def test_golden_sgd_with_cosine_rate_and_large_weight_decay(schedule, x64):
    records = schedule["sgd"]["cosine_lr"]
    rates = jnp.array([record["lr"] for record in records])
    _check_sgd(schedule, records, lambda step: rates[step], schedule["sgd"]["weight_decay"])
    large = schedule["sgd"]["large_weight_decay"]
    rate = large["steps"][0]["lr"]
    _check_sgd(schedule, large["steps"], lambda step: rate, large["weight_decay"])


def test_golden_clip_factor(schedule, x64):
    for record in schedule["sgd"]["constant_lr"]:
        gradient = {"u": jnp.array(record["grad_u"]), "v": jnp.array(record["grad_v"])}
        _close(optim.clip_factor(optax.tree.norm(gradient), schedule["sgd"]["clip"]), record["clip_factor"])


@pytest.mark.parametrize("case", ["plain", "large_weight_decay"])
def test_golden_adam(schedule, x64, case):
    given = schedule["adam"] | (schedule["adam"][case] if case != "plain" else {})
    optimizer = optim.adam(given["lr"], given["beta1"], given["beta2"], given["weight_decay"])
    traced = _trace(schedule["problem"], optimizer, len(given["steps"]))
    for record, (loss, _, params, _) in zip(given["steps"], traced, strict=True):
        _close(loss, record["loss"])
        _close(params["u"], record["u"])
        _close(params["v"], record["v"])


def test_golden_cosine_table(schedule, x64):
    given = schedule["cosine"]
    rate = optim.cosine_per_epoch(given["base"], given["eta_min"], given["epochs"], steps_per_epoch=7)
    ours = [rate(7 * epoch + offset) for epoch in range(given["epochs"]) for offset in (0, 6)]
    _close(ours, np.repeat(given["lr"], 2))


def test_linear_exponential_and_warm_up():
    linear = optim.linear_per_epoch(0.5, 0.1, epochs=4, steps_per_epoch=10)
    assert [float(linear(step)) for step in (0, 9, 10, 39)] == pytest.approx([0.5, 0.5, 0.4, 0.2])
    decayed = optim.exponential_per_epoch(0.1, 0.97, steps_per_epoch=10)
    assert float(decayed(25)) == pytest.approx(0.1 * 0.97**2)
    warm = optim.warm_up(lambda step: 1.0, epochs=4, steps_per_epoch=10)
    assert [float(warm(step)) for step in (0, 10, 39, 40)] == pytest.approx([0.25, 0.5, 1, 1])


def test_side_by_side_keeps_every_array_and_takes_the_norm_of_all():
    tree = {"a": jnp.arange(6.0).reshape(2, 3), "b": [jnp.ones(()), jnp.full((1, 2), -2.0)]}
    parts, norm = optim.side_by_side(tree)
    jax.tree.map(np.testing.assert_array_equal, parts, tree)
    np.testing.assert_allclose(norm, np.sqrt(55 + 1 + 8), rtol=1e-6)
