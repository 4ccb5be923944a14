"""The diagnosis of a search as its epochs end: cheap figures always, those that need the device at an interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import Dataset, normalize
from dartsx.search import Batch, SearchProblem, SearchState, entropies, make_diagnosis, skip_counts
from dartsx.spaces import AnyGenotype, softmax
from experiments.settings import SearchSettings

BATCHES = 8  # validation batches behind the accuracies


def of_alphas(state: SearchState, genotype: AnyGenotype) -> dict[str, float]:
    """Entropy of every edge's softmax (nats) and number of skip connections; from the alphas alone."""
    kinds = ("normal", "reduce")
    mixture = {kind: softmax(np.asarray(state.alpha[kind])) for kind in kinds if kind in state.alpha}
    values = {f"skips_{kind}": count for kind, count in skip_counts(genotype).items()}
    for kind, rows in entropies(mixture).items():
        values |= {f"entropy_{kind}_{edge:02}": float(value) for edge, value in enumerate(rows)}
    return values


def diagnoser(
    settings: SearchSettings, problem: SearchProblem, dataset: Dataset, train: np.ndarray, valid: np.ndarray
) -> Callable[[SearchState, Mapping[str, jax.Array], AnyGenotype], dict[str, float]]:
    """A function of (state, arrays of the training images, derived genotype) -> `make_diagnosis`'s figures.

    All epochs look at the same images, the first of each half, without augmentation; it is compiled on first use.

    Args:
      settings: of the search.
      problem: its parts.
      dataset: whose training images lie in the arrays.
      train: numbers of the images that train the weights.
      valid: numbers of those that train the alphas.
    """
    size = settings.search.batch_size
    count = min(BATCHES, len(valid) // size)
    rows = train[:size], valid[: count * size].reshape(count, size)
    diagnose = make_diagnosis(problem, settings.search.diagnosis.iterations)

    @jax.jit
    def run(state: SearchState, arrays: Mapping[str, jax.Array], one_hot: Any):
        def batch(chosen):
            images = arrays["images"][jnp.asarray(chosen)]
            images = normalize(images, dataset.mean, dataset.std, jnp.dtype(settings.dtype))
            return Batch(images, arrays["labels"][jnp.asarray(chosen)])

        return diagnose(state, *map(batch, rows), one_hot)

    def figures(state, arrays, genotype) -> dict[str, float]:
        one_hot = {kind: one.astype(np.float32) for kind, one in settings.space.encode(genotype).items()}
        return {name: float(value) for name, value in run(state, arrays, one_hot).items()}

    return figures
