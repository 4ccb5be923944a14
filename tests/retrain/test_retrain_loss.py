"""What the evaluator's step asks of a network and makes of its two heads, seen by a network that tells."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dartsx.feeds import Batch
from dartsx.losses import classification
from dartsx.nn.cell_network import Logits
from dartsx.retrain import RetrainProblem, init_state, make_step, predict

CLASSES, EPOCHS, STEPS = 3, 4, 5


class Telling(nn.Module):
    """Scores proportional to its parameters; keeps what it was called with in its statistics."""

    auxiliary: bool = True

    @nn.compact
    def __call__(self, images, train, drop_path=None):
        mean = images.mean((1, 2, 3))[:, None]
        heads = [mean * self.param(name, nn.initializers.normal(1.0), (CLASSES,)) for name in ("main", "extra")]
        seen = self.variable("batch_stats", "probability", lambda: jnp.float32(-1))
        drawn = self.variable("batch_stats", "drawn", lambda: jnp.float32(-1))
        if train and self.is_mutable_collection("batch_stats") and not self.is_initializing():
            seen.value = jnp.asarray(-1.0 if drop_path is None else drop_path, jnp.float32)
            drawn.value = jax.random.uniform(self.make_rng("drop_path"))
        return Logits(heads[0], heads[1] if self.auxiliary and train else None)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(6, 4, 4, 3)), rng.integers(0, CLASSES, 6)
    return Batch(jnp.asarray(images, jnp.float32), jnp.asarray(labels, jnp.int32))


def problem_and_start(auxiliary=True, **changes):
    problem = RetrainProblem(Telling(auxiliary), optax.sgd(0.1), lambda step: 0.1, EPOCHS, STEPS, **changes)
    return problem, init_state(problem, jax.random.key(0), (4, 4, 3))


def loss_of(scores, labels, smoothing):
    scores = np.asarray(scores, np.float64)
    log_p = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    target = (1 - smoothing) * np.eye(CLASSES)[labels] + smoothing / CLASSES
    return -(target * log_p).sum(1).mean()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("auxiliary", [True, False])
def test_loss_adds_the_weighted_auxiliary_head_and_smooths_both(data, auxiliary, smoothing):
    images, labels = data
    problem, state = problem_and_start(auxiliary, auxiliary_weight=0.3, loss=classification(smoothing))
    moved, metrics = make_step(problem)(state, data)
    mean = np.asarray(images).mean((1, 2, 3))[:, None]
    expected = loss_of(mean * state.params["main"], labels, smoothing)
    if auxiliary:
        expected += 0.3 * loss_of(mean * state.params["extra"], labels, smoothing)
    np.testing.assert_allclose(metrics["train"]["loss"], expected, rtol=1e-5)
    # The auxiliary head is trained if there is one.
    assert np.array_equal(moved.params["extra"], state.params["extra"]) == (not auxiliary)
    assert not np.array_equal(moved.params["main"], state.params["main"])


def test_drop_path_probability_is_p_times_the_share_of_epochs_done(data):
    problem, state = problem_and_start(drop_path=0.2)
    step = jax.jit(make_step(problem))
    seen = []
    for _ in range(EPOCHS * STEPS):
        state, _ = step(state, data)
        seen.append(float(state.batch_stats["probability"]))
    expected = [0.2 * (at // STEPS) / EPOCHS for at in range(EPOCHS * STEPS)]
    np.testing.assert_allclose(seen, expected, rtol=1e-6)
    assert expected[STEPS - 1] == 0 < expected[STEPS]


def test_without_drop_path_the_network_is_told_so(data):
    problem, state = problem_and_start()
    moved, _ = make_step(problem)(state, data)
    assert moved.batch_stats["probability"] == -1


def test_every_step_draws_its_own_masks_and_the_same_when_repeated(data):
    problem, state = problem_and_start(drop_path=0.2)
    step = jax.jit(make_step(problem))

    def drawn(at, key):
        moved, _ = step(state._replace(step=jnp.int32(at), key=jax.random.key(key)), data)
        return float(moved.batch_stats["drawn"])

    assert drawn(7, 0) == drawn(7, 0)
    assert len({drawn(7, 0), drawn(8, 0), drawn(7, 1)}) == 3


def test_prediction_is_the_main_head(data):
    problem, state = problem_and_start()
    mean = data[0].mean((1, 2, 3))[:, None]
    np.testing.assert_allclose(predict(problem, state, data[0]), mean * state.params["main"], rtol=1e-6)


def test_a_regression_on_pairs_is_trained_on_both_heads(data):
    def dense(outputs, batch):
        error = outputs - batch["targets"].mean((1, 2))
        return jnp.mean(error**2), {"mae": jnp.mean(jnp.abs(error))}

    targets = jnp.ones((6, 2, 2, CLASSES))
    problem, state = problem_and_start(auxiliary_weight=0.3, loss=dense, inputs=lambda batch: batch["images"])
    step = jax.jit(make_step(problem))
    losses = []
    for _ in range(5):
        state, metrics = step(state, {"images": data.images, "targets": targets})
        losses.append(float(metrics["train"]["loss"]))
    assert set(metrics["train"]) == {"loss", "mae", "gradient_norm", "learning_rate"}
    mean, start = np.asarray(data.images).mean((1, 2, 3))[:, None], problem_and_start()[1].params
    of_head = {name: float(np.mean((mean * weights - 1) ** 2)) for name, weights in start.items()}
    assert losses[0] == pytest.approx(of_head["main"] + 0.3 * of_head["extra"], rel=1e-5)
    assert losses[-1] < losses[0]
