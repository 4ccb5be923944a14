"""A method's stopping rule between the epochs of a search."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.runtime import jit, put_replicated
from dartsx.search import Epoch, SearchState, make_eigenvalues
from experiments.jobs import feed


def with_memory(state: SearchState, rule, epochs: int) -> SearchState:
    """The first state, with what the rule (or None) remembers of a search of so many epochs."""
    if rule is None:
        return state
    alpha = jax.tree.map(np.asarray, dict(state.alpha))
    memory = jax.tree.map(jnp.asarray, rule.init(alpha, epochs))
    return state._replace(memory={**state.memory, "stop": memory})


def ended(state: SearchState) -> bool:
    """Whether the rule has ended the search."""
    return "stop" in state.memory and bool(state.memory["stop"]["stopped"])


def between(job):
    """The function (state, epochs done) -> state that asks the rule of a `SearchJob`'s method."""
    rule = job.problem.method.stop
    if rule is None:
        return lambda state, epochs_done: state
    eigenvalues = make_eigenvalues(job.problem)
    batch = jit(lambda state, arrays, row: job.batch("valid", state, arrays, row))

    def ask(state, epochs_done):
        def eigenvalue():
            row = jax.tree.map(lambda rows: rows[0], feed.sharded_rows(job.rows(0, 0, 1), job.mesh))
            return eigenvalues(state, batch(state, job.arrays, row)).dominant

        alpha = jax.tree.map(np.asarray, dict(state.alpha))
        total = job.settings.search.epochs
        epoch = Epoch(epochs_done, total, job.settings.space, alpha, job.derive(state), eigenvalue)
        memory, kept = rule.update(jax.tree.map(np.asarray, state.memory["stop"]), epoch)
        memory, alpha = put_replicated((memory, dict(kept)), job.mesh)
        return state._replace(alpha=alpha, memory={**state.memory, "stop": memory})

    return ask
