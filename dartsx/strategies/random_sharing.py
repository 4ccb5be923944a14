"""Random search with weight sharing (arXiv:1902.07638) as a search: what it derives is found by random search.

The weights are those of drawn architectures (`dartsx.search.methods.random_sharing`); the objective is
`dartsx.objectives.shared_weights`.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

from dartsx.objectives.shared_weights import SCORE, shared_weights
from dartsx.search import Plan, Search, SearchState
from dartsx.search.methods.random_sharing import random_sharing
from dartsx.spaces import Architecture
from dartsx.strategies.queries import best, queries
from dartsx.strategies.random_search import random_search

MOST_BATCHES = 10


def sharing_weights(plan: Plan) -> Plan:
    """The plan that trains drawn architectures and derives the best of some drawn anew, by the shared weights.

    Its budget does not exceed that of DARTS: an architecture step costs DARTS a forward and a backward pass, counted
    as three forward ones. Here a step spends one on the validation batch; the other two of every step of an epoch go
    into comparing architectures as the epoch ends, each on up to ten validation batches. A bound on the cost
    of the plan is left out, as there is nothing to bind.
    """
    # A bound moves alphas, of which there are none.
    return dataclasses.replace(plan, change=lambda method, task: random_sharing(), derivation=compared, bound=None)


def compared(search: Search) -> Callable[[SearchState], Architecture]:
    """The function of a state -> the architecture that its weights find best on validation examples."""
    plan, passes = search.plan, 2 * search.steps
    valid, size = search.halves["valid"], search.plan.batch_size
    batches = min(MOST_BATCHES, len(valid) // size, max(1, passes // MOST_BATCHES))
    count = max(1, passes // batches)
    rows, objective = valid[: batches * size].reshape(batches, size), shared_weights(search)

    def derive(state: SearchState) -> Architecture:
        key = (search.seed, int(state.step))
        asked = queries(random_search(), plan.space, objective(state, rows), key, at_once=count)
        done = list(itertools.islice(asked, count))
        return (best(done, SCORE) or done[0]).architecture

    return derive
