"""DARTS-PT (arXiv:2108.04392): candidates are chosen by what their removal costs, not by their alphas.

After any search: in random order, on every edge each candidate is removed from the trained supernet in
turn, and the one whose removal costs most validation accuracy is kept; before the next edge the supernet's weights
are tuned. Then, in random order, for every node its edges are removed in turn and the two whose removal costs most
are kept. Removing a candidate sets its weight to 0 without scaling the others up; a chosen edge has weight 1 on its
candidate, as in the released code. Tuning takes 5 epochs each time.

Spaces that keep every edge skip the second part. 'none' is never kept where a derived edge cannot have it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from dartsx.search import columns
from dartsx.search.method import Method, Supernet, Task
from dartsx.spaces import NONE

Choice = dict[str, dict[str, np.ndarray]]


def darts_pt(base: Method, task: Task, tune_epochs: int = 5) -> Method:
    """`base` with perturbation-based selection; see the module's docstring."""
    return dataclasses.replace(base, select=functools.partial(select, tune_epochs=tune_epochs))


def undecided(space: Any) -> Choice:
    """Per cell type ``fixed`` [edges], whether an edge is decided, and ``rows`` [edges, primitives], its weights if so.

    Where an edge is not decided ``rows`` multiply the mixture.
    """
    return {
        name: {"fixed": np.zeros(shape[0], bool), "rows": np.ones(shape, np.float32)}
        for name, shape in space.alpha_shapes.items()
    }


def select(space: Any, supernet: Supernet, rng: np.random.Generator, tune_epochs: int = 5):
    """The genotype; see the module's docstring."""
    choice = undecided(space)
    edges = ((name, edge) for name, shape in space.alpha_shapes.items() for edge in range(shape[0]))
    for name, edge in _shuffled(edges, rng):
        candidates = _candidates(space, name, edge)
        scores = {p: supernet.accuracy(_with(choice, name, edge, remove=p)) for p in candidates}
        choice = _with(choice, name, edge, keep=min(scores, key=scores.get))
        supernet.tune(choice, tune_epochs)
    if hasattr(space, "edges_kept"):
        choice = _keep_edges(space, choice, supernet, rng, tune_epochs)
    return space.derive({name: c["rows"] for name, c in choice.items()})


def _keep_edges(space: Any, choice: Choice, supernet: Supernet, rng, tune_epochs: int) -> Choice:
    """Removes edges until every node has as many as derived cells have."""
    targets = sorted({target for _, target in space.edges})
    nodes = ((name, node) for name in space.alpha_shapes for node in targets)
    for name, node in _shuffled(nodes, rng):
        edges = [row for row, (_, target) in enumerate(space.edges) if target == node]
        scores = {edge: supernet.accuracy(_without(choice, name, [edge])) for edge in edges}
        ranked = sorted(edges, key=scores.get)
        choice = _without(choice, name, ranked[space.edges_kept :])
        supernet.tune(choice, tune_epochs)
    return choice


def _candidates(space: Any, cell_type: str, edge: int) -> list[int]:
    given = columns.names(space, cell_type)[edge]
    return [p for p, name in enumerate(given) if name != NONE or not hasattr(space, "edges_kept")]


def _with(choice: Choice, name: str, edge: int, *, keep: int | None = None, remove: int | None = None) -> Choice:
    fixed, rows = choice[name]["fixed"].copy(), choice[name]["rows"].copy()
    if keep is not None:
        fixed[edge], rows[edge] = True, np.eye(rows.shape[1])[keep]
    else:
        rows[edge, remove] = 0
    return {**choice, name: {"fixed": fixed, "rows": rows}}


def _without(choice: Choice, name: str, edges: list[int]) -> Choice:
    rows = choice[name]["rows"].copy()
    rows[edges] = 0
    return {**choice, name: {"fixed": choice[name]["fixed"], "rows": rows}}


def _shuffled(items: Iterator, rng: np.random.Generator) -> list:
    items = list(items)
    return [items[i] for i in rng.permutation(len(items))]
