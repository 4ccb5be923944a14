"""Figures of a search as its epochs end: cheap ones always, those that need the device at an interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from dartsx.feeds import Examples, take
from dartsx.runtime import jit
from dartsx.search import columns
from dartsx.search.diagnosis import Diagnose, entropies
from dartsx.search.method import HostAlpha
from dartsx.search.state import SearchState
from dartsx.spaces import SKIP, AnyGenotype, Space

BATCHES = 8  # validation batches behind the metrics


def make_figures(
    space: Space,
    diagnose: Diagnose,
    examples: Examples,
    train: np.ndarray,
    valid: np.ndarray,
    batch_size: int,
    every: int | None,
) -> Callable[[SearchState, HostAlpha, AnyGenotype, int], dict[str, float]]:
    """A function of (state, strengths, derived architecture, epochs done) -> figures by name.

    They are those of `cheap_figures`, every so many epochs also those of `diagnose`. All epochs look at the same
    examples, the first of each half, without augmentation; what computes them is compiled on first use.

    Args:
      space: the space that is searched.
      diagnose: result of `make_diagnosis`.
      examples: examples of both halves.
      train: numbers of the examples that train the weights.
      valid: numbers of those that train the alphas.
      batch_size: examples of a batch.
      every: epochs between two diagnoses; None for never.
    """
    count = min(BATCHES, len(valid) // batch_size)
    rows = train[:batch_size], valid[: count * batch_size].reshape(count, batch_size)
    batches = jit(lambda arrays: [_plain(examples, arrays, chosen) for chosen in rows])

    def figures(state, strengths, architecture, epochs_done) -> dict[str, float]:
        cheap = cheap_figures(space, strengths, architecture)
        if not every or epochs_done % every:
            return cheap
        one_hot = {name: one.astype(np.float32) for name, one in space.encode(architecture).items()}
        return cheap | diagnose(state, *batches(examples.arrays), one_hot)

    return figures


def cheap_figures(space: Space, strengths: HostAlpha, architecture: AnyGenotype) -> dict[str, float]:
    """Number of skip connections, and entropy of every row of the strengths (nats), by group of the alphas."""
    values = {f"skips_{name}": count for name, count in skip_counts(space, architecture).items()}
    for name, rows in entropies(strengths).items():
        values |= {f"entropy_{name}_{row:02}": float(value) for row, value in enumerate(rows)}
    return values


def skip_counts(space: Space, architecture: AnyGenotype) -> dict[str, int]:
    """Skip connections of an architecture by group of the alphas."""
    chosen, skips = space.encode(architecture), columns.places(space, SKIP)
    return {name: int((chosen[name] * skips[name]).sum()) for name in space.alpha_shapes}


def _plain(examples: Examples, arrays: Mapping[str, jax.Array], chosen: np.ndarray) -> Any:
    """A batch without augmentation, with the leading axes of the numbers."""
    flat = examples.plain(take(arrays, chosen.reshape(-1)))
    return jax.tree.map(lambda leaf: leaf.reshape(*chosen.shape, *leaf.shape[1:]), flat)
