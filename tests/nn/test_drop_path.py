"""Drop path: how often, per image, and at what scale."""

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.nn.derived_cell import drop_path


def test_kept_images_are_scaled_and_dropped_ones_vanish():
    x = jnp.ones((2, 3, 4, 4))
    y = drop_path(x, 0.8, jnp.array([1, 0, 1])[:, None, None])
    np.testing.assert_allclose(y[:, 0], 1.25)
    np.testing.assert_array_equal(y[:, 1], 0)
    np.testing.assert_allclose(y[:, 2], 1.25)


def test_expectation_is_the_input():
    mask = jax.random.bernoulli(jax.random.key(0), 0.7, (20000,))
    y = drop_path(jnp.ones(20000), 0.7, mask)
    assert abs(float(y.mean()) - 1) < 0.02
