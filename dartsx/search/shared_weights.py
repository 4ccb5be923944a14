"""Random search with weight sharing: a search whose architectures are compared by the shared weights, not by alphas."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.feeds import take
from dartsx.runtime import jit
from dartsx.search.methods.random_sharing import random_sharing
from dartsx.search.plan import Plan
from dartsx.search.step import SearchState, values_by_batch
from dartsx.spaces import AnyGenotype

MOST_BATCHES = 10


def sharing_weights(plan: Plan) -> Plan:
    """The plan that trains drawn architectures and derives the best of some drawn anew, by the shared weights.

    Its budget does not exceed that of DARTS: an architecture step costs DARTS a forward and a backward pass, counted
    as three forward ones. Here a step spends one on the validation batch; the other two of every step of an epoch go
    into comparing architectures as the epoch ends, each on up to ten validation batches.
    """
    # There are no alphas to diagnose.
    return dataclasses.replace(
        plan, change=lambda method, task: random_sharing(), derivation=compared, diagnose_every=None
    )


def compared(search: Any) -> Callable[[SearchState], AnyGenotype]:
    """The function of a state of a `Search` -> the architecture that its weights find best on validation examples."""
    plan, passes = search.plan, 2 * search.steps
    valid, size = search.halves["valid"], search.plan.batch_size
    batches = min(MOST_BATCHES, len(valid) // size, max(1, passes // MOST_BATCHES))
    count = max(1, passes // batches)
    scores = _scores(search, valid[: batches * size].reshape(batches, size))

    def derive(state: SearchState) -> AnyGenotype:
        rng = np.random.default_rng((search.seed, int(state.step)))
        drawn = [plan.space.sample(rng) for _ in range(count)]
        encoded = [plan.space.encode(architecture) for architecture in drawn]
        mixtures = {name: jnp.asarray(np.stack([one[name] for one in encoded]), jnp.float32) for name in encoded[0]}
        return drawn[int(np.argmax(scores(state, search.arrays, mixtures)))]

    return derive


def _scores(search: Any, rows: np.ndarray):
    """Compiled: (state, examples, mixtures [architectures, ...]) -> score of every architecture."""
    problem, examples = search.problem, search.examples

    def score(state, arrays, mixture):
        values = values_by_batch(
            problem, state, mixture, jnp.asarray(rows), lambda row: examples.plain(take(arrays, row))
        )
        return problem.score(values)

    return jit(lambda state, arrays, mixtures: jax.lax.map(lambda m: score(state, arrays, m), mixtures))
