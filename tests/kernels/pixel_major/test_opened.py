"""Open widths in a supernet: every value is weighed by all combinations of options that lead to it."""

import functools
import itertools
import operator

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.kernels.pixel_major.opened import Opened
from dartsx.networks import Width

OPTIONS = (2, 3, 4)
DECISIONS = ("a", "b", "c", "d", "e")
SIZE = functools.reduce(operator.add, [Width(name, OPTIONS) for name in DECISIONS])


def mask(rows):
    opened = Opened(lambda name, option: rows[DECISIONS.index(name), int(option) - OPTIONS[0]], None, {})
    return opened._mask(SIZE)


def test_a_channel_is_weighed_by_the_combinations_that_have_it():
    rows = np.random.default_rng(0).dirichlet(np.ones(len(OPTIONS)), len(DECISIONS))
    expected = np.zeros(len(DECISIONS) * max(OPTIONS))
    for chosen in itertools.product(range(len(OPTIONS)), repeat=len(DECISIONS)):
        weight = np.prod([row[k] for row, k in zip(rows, chosen, strict=True)])
        expected[: sum(OPTIONS[k] for k in chosen)] += weight
    np.testing.assert_allclose(mask(jnp.asarray(rows)), expected, rtol=1e-6)


def test_a_one_hot_mixture_masks_exactly():
    found = mask(jnp.eye(len(OPTIONS))[jnp.array([0, 2, 1, 0, 0])])
    assert found.tolist() == [1.0] * (2 + 4 + 3 + 2 + 2) + [0.0] * 7


def test_the_program_does_not_grow_with_the_combinations():
    jaxpr = jax.make_jaxpr(mask)(jnp.ones((len(DECISIONS), len(OPTIONS))) / len(OPTIONS))
    assert len(jaxpr.eqns) < 20 * len(DECISIONS) < len(OPTIONS) ** len(DECISIONS)
