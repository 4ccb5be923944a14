"""One draw for all weights of a network gives each array its own numbers, as wide as its fan-in asks."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.initial_weights import init_at_once, normal, uniform
from dartsx.spaces import Scale, named_space


class Layers(nn.Module):
    """Three arrays of fan-in 4 and one of 100, two of equal shape."""

    @nn.compact
    def __call__(self, x):
        for name in ("a", "b"):
            self.param(name, uniform, (40, 50), 4)
        self.param("wide", uniform, (10,), 100)
        self.param("one", nn.initializers.ones, (3,))
        return x


@pytest.fixture(scope="module")
def params():
    return jax.device_get(init_at_once(Layers(), jax.random.key(0), jnp.zeros(1)))["params"]


def test_bounds_follow_the_fan_in(params):
    assert 0.49 < np.abs(params["a"]).max() <= 0.5
    assert np.abs(params["wide"]).max() <= 0.1
    np.testing.assert_allclose(np.std(params["a"]), 0.5 / np.sqrt(3), rtol=0.05)
    assert abs(np.mean(params["a"])) < 0.02
    np.testing.assert_array_equal(params["one"], 1)


def test_no_number_is_used_twice(params):
    numbers = np.concatenate([params["a"].ravel(), params["b"].ravel(), 5 * params["wide"]])
    assert len(np.unique(numbers)) > 0.99 * len(numbers)
    assert abs(np.corrcoef(params["a"].ravel(), params["b"].ravel())[0, 1]) < 0.1


def test_the_key_decides(params):
    again, other = (init_at_once(Layers(), jax.random.key(seed), jnp.zeros(1))["params"] for seed in (0, 1))
    np.testing.assert_array_equal(again["b"], params["b"])
    assert np.abs(other["b"] - params["b"]).max() > 0.1


def test_shapes_are_those_of_a_plain_init(params):
    plain = jax.eval_shape(lambda key: Layers().init(key, jnp.zeros(1)), jax.random.key(0))["params"]
    assert jax.tree.structure(plain) == jax.tree.structure(params)
    assert jax.tree.all(jax.tree.map(lambda a, b: (a.shape, a.dtype) == (b.shape, b.dtype), plain, params))


def test_a_plain_init_afterwards_draws_by_its_own_keys(params):
    plain = Layers().init(jax.random.key(0), jnp.zeros(1))["params"]
    assert np.abs(plain["a"] - params["a"]).max() > 0.1


def test_weights_of_many_open_widths_are_counted_layer_by_layer():
    # Together the 20 widths of this space have 5 ** 20 combinations.
    steps = named_space("trilevel").description(Scale(channels=12, image_size=12)).trace()
    weights = jax.eval_shape(lambda key: normal(key, steps), jax.random.key(0))
    sizes = {step.name: int(step.params) for step in steps if step.weights}
    assert {name: sum(array.size for array in own.values()) for name, own in weights.items()} == sizes
