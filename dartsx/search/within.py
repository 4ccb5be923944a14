"""Derives networks whose cost does not exceed a target.

A search that is bound to a cost moves the *expected* cost of its mixture to the target; the likeliest network of that
mixture may still cost more. What is derived here is the likeliest network within the target as far as prices tell: the
strength s of every candidate becomes s exp(-price * c), c being what the candidate adds to the expected cost (the
derivative of that cost by its chance), and the lowest price counts whose network keeps to the target. A price is the
multiplier of Lagrange, so that networks are compared by log strength - price * cost.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np

from dartsx.search.method import HostAlpha
from dartsx.spaces import AnyGenotype, Space

# Prices are counted in units of 1 / (the largest addition of any candidate).
PRICES = np.geomspace(1e-3, 1e4, 71)
HALVINGS = 16

Discretize = Callable[[Space, HostAlpha], AnyGenotype]


def derive_within(discretize: Discretize, cost: Callable[[HostAlpha], jax.Array], target: float) -> Discretize:
    """The derivation of a method, kept to a target.

    Args:
      discretize: (space, strengths) -> architecture; strengths are not negative.
      cost: mixtures -> their expected cost, differentiable; exact at one-hot mixtures.
      target: in units of the cost.

    Returns:
      A function like `discretize`. Where no price leads to a network within the target it returns the cheapest one
      that it has met.
    """

    def derived(space: Space, strengths: HostAlpha) -> AnyGenotype:
        def at(price: float) -> tuple[float, AnyGenotype]:
            tilted = {name: rows * np.exp(-price * added[name]) for name, rows in strengths.items()}
            chosen = discretize(space, tilted)
            return float(cost(space.encode(chosen))), chosen

        added = {name: np.zeros_like(rows) for name, rows in strengths.items()}
        met = [at(0.0)]
        if met[0][0] <= target:
            return met[0][1]
        added = _added(cost, strengths)
        low = 0.0
        for high in PRICES:
            met.append(at(high))
            if met[-1][0] <= target:
                return _lowest(at, low, high, target)
            low = high
        return min(met, key=lambda one: one[0])[1]

    return derived


def _added(cost: Callable[[HostAlpha], jax.Array], strengths: HostAlpha) -> HostAlpha:
    """What every candidate adds to the expected cost beside the cheapest of its row, the largest addition being 1."""
    chances = {name: rows / np.maximum(rows.sum(-1, keepdims=True), 1e-30) for name, rows in strengths.items()}
    slopes = {name: np.asarray(rows, np.float64) for name, rows in jax.grad(cost)(chances).items()}
    added = {name: rows - rows.min(-1, keepdims=True) for name, rows in slopes.items()}
    largest = max(rows.max() for rows in added.values())
    return {name: rows / (largest or 1.0) for name, rows in added.items()}


def _lowest(at: Callable[[float], tuple[float, AnyGenotype]], low: float, high: float, target: float) -> AnyGenotype:
    """The network of the lowest price between two whose network keeps to the target."""
    best = at(high)[1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        spent, chosen = at(middle)
        low, high, best = (low, middle, chosen) if spent <= target else (middle, high, best)
    return best
