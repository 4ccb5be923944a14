"""DARTS-PT (arXiv:2108.04392): candidates are chosen by what their removal costs, not by their alphas.

After any search: in random order, on an edge of every cell type (in described spaces at one decision) each candidate is
removed from the trained supernet in turn, and the one whose removal costs most validation accuracy is kept; before the
next edges the supernet's weights are tuned. Then, in random order, for a node of every cell type the edge whose removal
costs least is removed until two are left. Removing a candidate sets its weight to 0 without scaling the others up; a
chosen edge has weight 1 on its candidate, as in the released code. Tuning takes 5 epochs each time, as in the paper and
in the released code for NAS-Bench-201 (10 in its code for the space of DARTS).

The released code trains the alphas of the remaining edges too while it tunes, lets the learning rate fall and predicts
by the statistics of batches; here alphas rest, the rate is constant and running statistics predict. Spaces that keep
every edge skip the second part. 'none' is never kept where a derived edge cannot have it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping

import numpy as np

from dartsx.search.choice import Choice, undecided
from dartsx.search.method import Method, Task, TrainedSupernet
from dartsx.spaces import NONE, Space


def darts_pt(base: Method, task: Task, tune_epochs: int) -> Method:
    """`base` with perturbation-based selection; see the module's docstring."""
    return dataclasses.replace(base, select=functools.partial(select, tune_epochs=tune_epochs))


def select(space: Space, supernet: TrainedSupernet, rng: np.random.Generator, tune_epochs: int):
    """The genotype; see the module's docstring."""
    choice = undecided(space)
    for turn in _turns({name: rows for name, (rows, _) in space.alpha_shapes.items()}, rng):
        for name, edge in turn:
            candidates = _candidates(space, name, edge)
            scores = {p: supernet.accuracy(_with(choice, name, edge, remove=p)) for p in candidates}
            choice = _with(choice, name, edge, keep=min(scores, key=scores.get))
        supernet.tune(choice, tune_epochs)
    if space.graph is not None and space.graph.kept is not None:
        choice = _keep_edges(space, choice, supernet, rng, tune_epochs)
    return space.derive({name: c["rows"] for name, c in choice.items()})


def evaluations(space: Space) -> int:
    """How often `select` asks for an accuracy."""
    shapes = {name: rows for name, (rows, _) in space.alpha_shapes.items()}
    count = sum(len(_candidates(space, name, edge)) for name, rows in shapes.items() for edge in range(rows))
    if space.graph is not None and (kept := space.graph.kept) is not None:
        entering = [sum(target == node for _, target in space.graph.edges) for node in space.graph.nodes]
        count += len(shapes) * sum(sum(range(kept + 1, edges + 1)) for edges in entering)
    return count


def _keep_edges(space: Space, choice: Choice, supernet: TrainedSupernet, rng, tune_epochs: int) -> Choice:
    """Removes edges until every node has as many as derived cells have."""
    graph = space.graph
    for turn in _turns(dict.fromkeys(space.alpha_shapes, len(graph.nodes)), rng):
        for name, place in turn:
            edges = [row for row, (_, target) in enumerate(graph.edges) if target == graph.nodes[place]]
            while len(edges) > graph.kept:
                scores = {edge: supernet.accuracy(_without(choice, name, edge)) for edge in edges}
                weakest = max(scores, key=scores.get)
                edges.remove(weakest)
                choice = _without(choice, name, weakest)
        supernet.tune(choice, tune_epochs)
    return choice


def _candidates(space: Space, cell_type: str, edge: int) -> list[int]:
    none_is_kept = space.graph is None or space.graph.kept is None
    return [p for p, name in enumerate(space.options[cell_type][edge]) if name != NONE or none_is_kept]


def _with(choice: Choice, name: str, edge: int, *, keep: int | None = None, remove: int | None = None) -> Choice:
    fixed, rows = choice[name]["fixed"].copy(), choice[name]["rows"].copy()
    if keep is not None:
        fixed[edge], rows[edge] = True, np.eye(rows.shape[1])[keep]
    else:
        rows[edge, remove] = 0
    return {**choice, name: {"fixed": fixed, "rows": rows}}


def _without(choice: Choice, name: str, edge: int) -> Choice:
    rows = choice[name]["rows"].copy()
    rows[edge] = 0
    return {**choice, name: {"fixed": choice[name]["fixed"], "rows": rows}}


def _turns(counts: Mapping[str, int], rng: np.random.Generator) -> Iterator[list[tuple[str, int]]]:
    """All items of every group in random order; each turn takes one of every group that has any left."""
    orders = {name: rng.permutation(count) for name, count in counts.items()}
    for turn in range(max(counts.values())):
        yield [(name, int(order[turn])) for name, order in orders.items() if turn < len(order)]
