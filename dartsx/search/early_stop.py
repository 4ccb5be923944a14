"""A method's stopping rule between the epochs of a search."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.feeds import sharded_rows
from dartsx.runtime import jit, put_replicated
from dartsx.search.diagnosis import make_eigenvalues
from dartsx.search.method import Epoch, Stopping
from dartsx.search.state import SearchState


def with_memory(state: SearchState, rule: Stopping | None, epochs: int) -> SearchState:
    """The first state, with what the rule (or None) remembers of a search of so many epochs."""
    if rule is None:
        return state
    alpha = jax.tree.map(np.asarray, dict(state.alpha))
    memory = jax.tree.map(jnp.asarray, rule.init(alpha, epochs))
    return state._replace(memory={**state.memory, "stop": memory})


def ended(state: SearchState) -> bool:
    """Whether the rule has ended the search."""
    return "stop" in state.memory and bool(state.memory["stop"]["stopped"])


def between(search: Any):
    """The function (state, epochs done) -> state that asks the rule of the method of a `Search`."""
    rule = search.problem.method.stop
    if rule is None:
        return lambda state, epochs_done: state
    eigenvalues = make_eigenvalues(search.problem)
    batch = jit(search.batch_of("valid"))

    def ask(state: SearchState, epochs_done: int) -> SearchState:
        def eigenvalue() -> float:
            row = jax.tree.map(lambda rows: rows[0], sharded_rows(search.rows(0, 0, 1), search.mesh))
            return eigenvalues(state, batch(state, search.arrays, row)).largest

        alpha = jax.tree.map(np.asarray, dict(state.alpha))
        epoch = Epoch(epochs_done, search.plan.epochs, search.plan.space, alpha, search.derive(state), eigenvalue)
        memory, kept = rule.update(jax.tree.map(np.asarray, state.memory["stop"]), epoch)
        memory, alpha = put_replicated((memory, dict(kept)), search.mesh)
        return state._replace(alpha=alpha, memory={**state.memory, "stop": memory})

    return ask
