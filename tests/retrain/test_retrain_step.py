"""The evaluator's step: loss, drop path, auxiliary head, label smoothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.feeds import Batch
from dartsx.losses import accuracy, cross_entropy
from dartsx.nn import CellNetwork
from dartsx.retrain import RetrainProblem, init_state, make_step, predict
from dartsx.spaces import from_text

GENOTYPE = from_text(
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=[2], "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1)], reduce_concat=[2])"
)


def _problem(**changes) -> RetrainProblem:
    given = {"epochs": 4, "steps_per_epoch": 3, **changes}
    rate = optim.cosine_per_epoch(0.05, 0.0, 4, 3)
    network = CellNetwork(GENOTYPE, channels=4, layers=2, classes=3)
    return RetrainProblem(network, optim.sgd(rate, 0.9, 3e-4, 5.0), rate, **given)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 24)
    images = 0.3 * rng.normal(size=(24, 8, 8, 3)) + np.eye(3)[labels][:, None, None]
    return Batch(jnp.asarray(images, jnp.float32), jnp.asarray(labels, jnp.int32))


def _start(problem, quick_jit):
    return quick_jit(lambda key: init_state(problem, key, (8, 8, 3)))(jax.random.key(0))


def test_smoothed_loss_equals_its_formula():
    rng = np.random.default_rng(1)
    logits, labels, smoothing = rng.normal(size=(7, 5)), rng.integers(0, 5, 7), 0.1
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    target = (1 - smoothing) * np.eye(5)[labels] + smoothing / 5
    wanted = -(target * log_p).sum(1).mean()
    np.testing.assert_allclose(cross_entropy(jnp.array(logits), jnp.array(labels), smoothing), wanted, rtol=1e-5)
    assert float(accuracy(jnp.array(logits), jnp.array(labels))) == np.mean(logits.argmax(1) == labels)


def test_training_learns_and_predicts(data, quick_jit):
    problem = _problem()
    state = _start(problem, quick_jit)
    step = quick_jit(make_step(problem))
    losses = []
    for _ in range(12):
        state, metrics = step(state, data)
        losses.append(float(metrics["train"]["loss"]))
    assert losses[-1] < 0.5 * losses[0]
    scores = quick_jit(lambda s, x: predict(problem, s, x))(state, data[0])
    assert float(accuracy(scores, data[1])) > 0.6


def test_drop_path_grows_from_nothing_over_the_epochs(data, quick_jit):
    """Epoch e drops with p e / epochs: nothing in the first one, so the loss is that without drop path."""
    dropping, plain = _problem(drop_path=0.5), _problem()
    state = _start(dropping, quick_jit)
    losses = {}
    for name, problem in (("dropping", dropping), ("plain", plain)):
        step = quick_jit(make_step(problem))
        losses[name] = [
            float(step(state._replace(step=jnp.int32(at)), data)[1]["train"]["loss"]) for at in (0, 2, 3, 9)
        ]
    assert losses["dropping"][:2] == pytest.approx(losses["plain"][:2], rel=1e-5)
    assert losses["dropping"][2] != pytest.approx(losses["plain"][2], rel=1e-3)
    assert losses["dropping"][3] != pytest.approx(losses["plain"][3], rel=1e-3)
