"""Edges that are decided: what a state remembers in place of some or all of the mixture, see `state.chosen`."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from dartsx.runtime import put_replicated
from dartsx.search.state import SearchState
from dartsx.spaces import AnyGenotype, Space

Choice = dict[str, dict[str, np.ndarray]]


def undecided(space: Space) -> Choice:
    """Per cell type ``fixed`` [edges], whether an edge is decided, and ``rows`` [edges, primitives], its weights if so.

    Where an edge is not decided ``rows`` multiply the mixture.
    """
    return {
        name: {"fixed": np.zeros(shape[0], bool), "rows": np.ones(shape, np.float32)}
        for name, shape in space.alpha_shapes.items()
    }


def decided(space: Space, architecture: AnyGenotype) -> Choice:
    """As `undecided`, with every edge decided as in an architecture."""
    rows = space.encode(architecture)
    return {name: {"fixed": np.ones(len(r), bool), "rows": r.astype(np.float32)} for name, r in rows.items()}


def under(state: SearchState, choice: Choice, mesh: jax.sharding.Mesh) -> SearchState:
    """The state whose mixture is that after a choice, and no longer that of architectures which were asked for."""
    kept: dict[str, Any] = {name: value for name, value in state.memory.items() if name != "asked"}
    return state._replace(memory={**kept, "choice": put_replicated(choice, mesh)})
