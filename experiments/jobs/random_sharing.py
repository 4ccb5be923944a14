"""Random search with weight sharing as a search: the same loop, another rule for what it derives."""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import normalize
from dartsx.losses import accuracy
from dartsx.runtime import jit
from dartsx.search import SearchState
from dartsx.search.methods.random_sharing import random_sharing
from dartsx.spaces import AnyGenotype
from experiments.jobs.search import SearchJob

MOST_BATCHES = 10


class RandomSharingJob(SearchJob):
    """Trains drawn cells and derives the best of some drawn anew, by the accuracy of the shared weights.

    At a budget not above that of DARTS: an architecture step costs it a forward and a backward pass, counted as three
    forward ones; here a step spends one on the validation batch, and the other two of every step of an epoch go into
    comparing cells as the epoch ends, each on up to ten validation batches.
    """

    def __init__(self, settings, dataset, mesh):
        never = dataclasses.replace(settings.search.diagnosis, every=None)  # there are no alphas to diagnose
        group = dataclasses.replace(settings.search, diagnosis=never)
        super().__init__(dataclasses.replace(settings, search=group), dataset, mesh)
        supernet = self.problem.supernet.clone(lazy=True)
        self.problem = dataclasses.replace(self.problem, supernet=supernet, method=random_sharing())
        passes = 2 * self.steps
        size = settings.search.batch_size
        self.batches = min(MOST_BATCHES, len(self.valid) // size, max(1, passes // MOST_BATCHES))
        self.cells = max(1, passes // self.batches)
        self.compared = self.valid[: self.batches * size].reshape(self.batches, size)

    def derive(self, state: SearchState) -> AnyGenotype:
        """The cell that the shared weights find best on validation images, of some drawn anew."""
        space = self.settings.space
        rng = np.random.default_rng((self.settings.seed, int(state.step)))
        genotypes = [space.sample(rng) for _ in range(self.cells)]
        encoded = [space.encode(genotype) for genotype in genotypes]
        mixtures = {kind: jnp.asarray(np.stack([e[kind] for e in encoded]), jnp.float32) for kind in encoded[0]}
        return genotypes[int(np.argmax(self._accuracies(state, self.arrays, mixtures)))]

    @functools.cached_property
    def _accuracies(self):
        """Compiled: (state, training images, mixtures [cells, ...]) -> accuracy of every cell, by batch statistics."""

        def of_cell(state, arrays, mixture):
            variables = {"params": state.params, "batch_stats": state.batch_stats}

            def of_batch(row):
                given = self.dataset.mean, self.dataset.std, jnp.dtype(self.settings.dtype)
                images = normalize(arrays["images"][row], *given)
                logits = self.problem.supernet.apply(variables, images, mixture, True)
                return accuracy(logits, arrays["labels"][row])

            return jnp.mean(jax.lax.map(of_batch, jnp.asarray(self.compared)))

        return jit(lambda state, arrays, mixtures: jax.lax.map(lambda m: of_cell(state, arrays, m), mixtures))
