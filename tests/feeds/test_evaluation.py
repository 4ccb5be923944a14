"""Figures over examples count every one exactly once, whatever the loss and the form of the batch."""

import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.feeds import Examples, evaluator
from dartsx.runtime import make_mesh, put_replicated


@pytest.mark.parametrize("batch_size", [3, 4, 11, 20])
def test_a_regression_is_evaluated_on_every_example_once(batch_size):
    rng, mesh = np.random.default_rng(0), make_mesh(1)
    arrays = {"inputs": rng.normal(size=(15, 2)).astype("f4"), "more": (rng.normal(size=(15, 3, 2)).astype("f4"),)}
    examples = Examples(put_replicated(arrays, mesh))
    chosen = np.array([3, 1, 4, 5, 9, 2, 6, 14, 8, 7, 0], np.int32)

    def loss(outputs, batch):
        error = outputs - batch["more"][0].mean(1)
        return jnp.mean(error**2), {"mae": jnp.mean(jnp.abs(error))}

    evaluate = evaluator(lambda scale, batch: scale * batch["inputs"], loss, examples, mesh)
    found = evaluate(jnp.float32(2), chosen, batch_size)
    error = 2 * arrays["inputs"][chosen] - arrays["more"][0][chosen].mean(1)
    assert found == pytest.approx({"loss": np.mean(error**2), "mae": np.mean(np.abs(error))}, rel=1e-5)
    assert list(found) == ["loss", "mae"]
