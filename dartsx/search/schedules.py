"""What changes during a search: functions of progress in [0, 1), the share of steps done.

Papers change these values once an epoch; here they change every step.
"""

from __future__ import annotations

from collections.abc import Callable

import jax

Schedule = Callable[[jax.Array | float], jax.Array | float]


def linear(start: float, end: float) -> Schedule:
    """start + (end - start) progress."""
    return lambda progress: start + (end - start) * progress


def exponential(start: float, end: float) -> Schedule:
    """start (end / start)^progress."""
    return lambda progress: start * (end / start) ** progress
