"""A whole training in one function against its steps, one after the other."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from dartsx import optim
from dartsx.data import padded_batches
from dartsx.feeds import Batch, Examples
from dartsx.nn.cell_network import Logits
from dartsx.retrain import RetrainProblem, init_state, make_step, predict
from dartsx.retrain.whole import train_whole

EPOCHS, STEPS, BATCH = 2, 3, 4
RNG = np.random.default_rng(0)


class Linear(nn.Module):
    """Class scores of the mean pixel."""

    @nn.compact
    def __call__(self, images, train, drop_path=None):
        return Logits(nn.Dense(3)(images.mean((1, 2))), None)


def examples(count):
    images, labels = RNG.normal(size=(count, 4, 4, 2)).astype(np.float32), RNG.integers(0, 3, count).astype(np.int32)
    batch = lambda rows, *key: Batch(rows["images"], rows["labels"])  # noqa: E731
    return Examples({"images": jnp.asarray(images), "labels": jnp.asarray(labels)}, batch, batch)


def test_it_is_the_steps_and_a_test_on_every_example(quick_jit):
    rate = optim.cosine_per_epoch(0.5, 0.0, EPOCHS, STEPS)
    problem = RetrainProblem(Linear(), optim.sgd(rate, 0.9, 1e-3, 5.0), rate, EPOCHS, STEPS)
    train, test = examples(12), examples(7)
    rows = jnp.asarray(np.concatenate([RNG.permutation(12).reshape(STEPS, BATCH) for _ in range(EPOCHS)]))
    tested = tuple(map(jnp.asarray, padded_batches(7, BATCH)))
    key = jax.random.key(3)
    figures = quick_jit(lambda key: train_whole(problem, train, test, key, rows, tested))(key)

    step = quick_jit(make_step(problem))
    state, losses = quick_jit(lambda key: init_state(problem, key, (4, 4, 2)))(key), []
    for row in rows:
        state, metrics = step(state, train.plain({k: v[row] for k, v in train.arrays.items()}))
        losses.append(float(metrics["train"]["loss"]))
    scores = np.asarray(predict(problem, state, test.arrays["images"]))
    right = (scores.argmax(1) == np.asarray(test.arrays["labels"])).mean()
    np.testing.assert_allclose(figures["accuracy"], right, rtol=1e-6)
    np.testing.assert_allclose(figures["train_loss"], np.mean(losses[STEPS:]), rtol=1e-5)
