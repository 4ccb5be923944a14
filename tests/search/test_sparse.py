"""Sparse relaxations against their definitions, and the order among lengths of networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.search import sparse
from dartsx.search.method import Task
from dartsx.search.methods import compose
from dartsx.spaces.chains.trilevel_images import trilevel_small_x2

ROWS = np.random.default_rng(0).normal(size=(40, 5))


def nearest(z):
    """The nearest point of the simplex, by bisection of the threshold."""
    low, high = z.min() - 1, z.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(z - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(z - low, 0)


def outside(z, radius, centre=None):
    """SparsestMax of one row, as its paper puts it."""
    centre = np.full(len(z), 1 / len(z)) if centre is None else centre
    p = nearest(z)
    face = (p > 1e-12) / (p > 1e-12).sum()
    square = radius**2 - ((face - centre) ** 2).sum()
    distance = np.linalg.norm(p - face)
    if distance < 1e-9 or distance**2 >= square:
        return p
    moved = face + np.sqrt(square) * (p - face) / distance
    return moved if moved.min() >= 0 else outside(moved, np.sqrt(square), face)


def test_sparsemax_is_the_nearest_point_of_the_simplex(x64):
    expected = np.array([nearest(row) for row in ROWS])
    np.testing.assert_allclose(sparse.sparsemax({"a": jnp.asarray(ROWS)})["a"], expected, atol=1e-12)
    np.testing.assert_allclose(sparse.host_sparsemax({"a": ROWS})["a"], expected, atol=1e-12)


@pytest.mark.parametrize("radius", [0.0, 0.3, 0.6, 1.0])
def test_sparsestmax_lies_outside_of_its_sphere(radius, x64):
    found = np.asarray(sparse.sparsestmax({"a": jnp.asarray(ROWS)}, radius)["a"])
    np.testing.assert_allclose(found, [outside(row, radius) for row in ROWS], atol=1e-9)
    np.testing.assert_allclose(found.sum(-1), 1)
    assert (np.linalg.norm(found - 1 / 5, axis=-1) >= min(radius, np.sqrt(0.8)) - 1e-9).all()
    assert (found.argmax(-1) == ROWS.argmax(-1)).all()


def test_dropped_options_weigh_nothing_and_derivatives_are_finite():
    rows = jnp.where(jnp.arange(5) < jnp.array([[5], [2], [1]]), jnp.asarray(ROWS[:3], jnp.float32), -jnp.inf)
    weight = lambda rows, radius: (sparse.sparsestmax({"a": rows}, radius)["a"] * jnp.arange(1.0, 6.0)).sum()  # noqa: E731
    for radius in (0.0, 0.5, 1.0):
        found = np.asarray(sparse.sparsestmax({"a": rows}, radius)["a"])
        assert (found[~np.isfinite(rows)] == 0).all() and np.allclose(found.sum(-1), 1)
        assert np.isfinite(jax.grad(weight)(rows, radius)).all()
    equal = jnp.zeros((1, 4))
    assert np.isfinite(jax.grad(lambda z: (sparse.sparsestmax({"a": z}, 0.5)["a"] ** 2).sum())(equal)).all()


def test_the_order_prefers_networks_that_end_early():
    space = trilevel_small_x2
    method = compose("trilevel", Task(space, {"decisions": 1}), {"trilevel": {"order": 2.0}})
    alpha = {"decisions": jnp.zeros(space.alpha_shapes["decisions"])}
    slope = np.asarray(jax.grad(lambda a: method.penalty(a, 0.0))(alpha)["decisions"])
    of = {word: slope[space.entries["path", word]] for word in space.decisions["path"].options}
    # The ways c, cc, ccu and c, cu, cuc: each pulls its last word down and the first one up.
    assert of == {"c": -4, "cc": 0, "cu": 0, "ccu": 2, "cuc": 2}
    assert np.count_nonzero(slope) == 3
