"""Adam (arXiv:1412.6980) in NumPy, for the small models of strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Params = Mapping[str, np.ndarray]
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class AdamState(NamedTuple):
    """Number of steps, and the moving averages of the gradients and of their squares."""

    steps: int
    means: Params
    squares: Params


def adam_init(params: Params) -> AdamState:
    """The state before the first step."""
    zeros = {name: np.zeros_like(value) for name, value in params.items()}
    return AdamState(0, zeros, zeros)


def adam_step(params: Params, gradients: Params, state: AdamState, rate: float) -> tuple[Params, AdamState]:
    """A step downhill, with bias correction."""
    steps = state.steps + 1
    means = {n: BETA1 * state.means[n] + (1 - BETA1) * g for n, g in gradients.items()}
    squares = {n: BETA2 * state.squares[n] + (1 - BETA2) * g * g for n, g in gradients.items()}
    first, second = 1 - BETA1**steps, 1 - BETA2**steps
    moved = {
        n: value - rate * (means[n] / first) / (np.sqrt(squares[n] / second) + EPSILON) for n, value in params.items()
    }
    return moved, AdamState(steps, means, squares)
