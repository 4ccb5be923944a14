"""Trainings: the rate by schedule and warm-up, and which weights predict."""

import jax.numpy as jnp
import pytest

from dartsx import optim
from dartsx.catalog import SCHEDULES
from dartsx.retrain import Training

# Of epochs 0, 1, 2, 3 with a peak of 0.8 and an end of 0.4; the exponential schedule falls by half each time.
RATES = {
    "cosine": [0.8, 0.6 + 0.2 * 2**-0.5, 0.6, 0.6 - 0.2 * 2**-0.5],
    "linear": [0.8, 0.7, 0.6, 0.5],
    "exponential": [0.8, 0.4, 0.2, 0.1],
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rates_fall_by_the_schedule_and_grow_before(schedule):
    training = Training(epochs=4, learning_rate=0.8, learning_rate_min=0.4, schedule=schedule, decay=0.5)
    firsts = 3 * jnp.arange(4)
    assert training.rate(3)(firsts).tolist() == pytest.approx(RATES[schedule])
    assert training.rate(3)(firsts + 2).tolist() == pytest.approx(RATES[schedule])
    warm = Training(**{**vars(training), "warmup_epochs": 2})
    grown = [share * rate for share, rate in zip((0.5, 1, 1, 1), RATES[schedule], strict=True)]
    assert warm.rate(3)(firsts).tolist() == pytest.approx(grown)


def test_the_mean_of_the_weights_predicts_from_an_epoch_on():
    weights = {"w": jnp.ones(2)}
    for average_from, averages in ((None, False), (2, True)):
        problem = Training(average_from=average_from).problem(None, 5)
        assert problem.average == averages
        assert isinstance(problem.optimizer.init(weights), optim.Averaged) == averages
