"""The diagnosis of a search as its epochs end: cheap figures always, those that need the device at an interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import Dataset, normalize
from dartsx.runtime import jit
from dartsx.search import Batch, SearchState, entropies, skip_counts
from dartsx.search.diagnosis import Diagnose
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
    settings: SearchSettings, diagnose: Diagnose, dataset: Dataset, train: np.ndarray, valid: np.ndarray
) -> Callable[[SearchState, Mapping[str, jax.Array], AnyGenotype, int], dict[str, float]]:
    """A function of (state, arrays of the training images, derived genotype, epochs done) -> figures by name.

    They are those of `of_alphas`, at the interval of the settings also those of `diagnose`. All epochs look at the same
    images, the first of each half, without augmentation; what computes them is compiled on first use.

    Args:
      settings: of the search.
      diagnose: of `make_diagnosis`.
      dataset: whose training images lie in the arrays.
      train: numbers of the images that train the weights.
      valid: numbers of those that train the alphas.
    """
    size = settings.search.batch_size
    count = min(BATCHES, len(valid) // size)
    rows = train[:size], valid[: count * size].reshape(count, size)

    @jit
    def batches(arrays: Mapping[str, jax.Array]) -> list[Batch]:
        def batch(chosen: np.ndarray) -> Batch:
            images = normalize(arrays["images"][chosen], dataset.mean, dataset.std, jnp.dtype(settings.dtype))
            return Batch(images, arrays["labels"][chosen])

        return [batch(chosen) for chosen in rows]

    def figures(state, arrays, genotype, epochs_done) -> dict[str, float]:
        cheap, every = of_alphas(state, genotype), settings.search.diagnosis.every
        if not every or epochs_done % every:
            return cheap
        one_hot = {kind: one.astype(np.float32) for kind, one in settings.space.encode(genotype).items()}
        return cheap | diagnose(state, *batches(arrays), one_hot)

    return figures
