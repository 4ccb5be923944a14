"""FairDARTS (arXiv:1911.12126): candidates of an edge do not compete, and are pushed to 0 or 1.

Mixture: sigmoid(alpha). Penalty: -w mean((sigmoid(alpha) - 1/2)^2), its zero-one loss, w = 10.
Derivation: per node at most two edges as in DARTS, and of them those whose weight exceeds the threshold 0.85.

This is the rule ``threshold_sparse`` of the released code, but that a node keeps its strongest edge even below the
threshold, so that every network can be built. Spaces that keep every edge are derived by their own rule. Settings are
those of the released code: no 'none' among the candidates, alphas start at 0, batches of 128, smaller learning rates
of the weights (0.005), larger ones of the alphas (0.003).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import jax.numpy as jnp
import numpy as np

from dartsx.search import relax
from dartsx.search.method import Alpha, Method, Task
from dartsx.spaces import Architecture, Edge, Space
from dartsx.spaces.cell_graph import edge_name


def fair_darts(base: Method, task: Task, penalty: float, threshold: float) -> Method:
    """`base` with sigmoids, zero-one loss and threshold; see the module's docstring."""
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, progress: relax.sigmoid(alpha),
        chances=relax.sigmoid,
        penalty=lambda alpha, progress: penalty * zero_one_loss(alpha),
        strength=strength,
        discretize=above(threshold),
    )


def zero_one_loss(alpha: Alpha):
    """-mean((sigmoid(alpha) - 1/2)^2) over all alphas."""
    squares = [jnp.square(rows - 0.5) for rows in relax.sigmoid(alpha).values()]
    return -sum(s.sum() for s in squares) / sum(s.size for s in squares)


def strength(alpha: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Sigmoids, computed in float64 on the host."""
    return {name: 1 / (1 + np.exp(-np.asarray(a, np.float64))) for name, a in alpha.items()}


def above(threshold: float) -> Callable[[Space, Mapping[str, np.ndarray]], Architecture]:
    """Derivation that leaves out edges at or below the threshold, the strongest of every node excepted."""

    def discretize(space, strengths):
        architecture, graph = space.derive(strengths), space.graph
        if graph is None or graph.kept is None:
            return architecture
        kept = [
            (edge_name(cell_type, edge.source, edge.node), edge.primitive)
            for cell_type, cell in architecture.cells.items()
            for edge in _above(space, cell_type, cell.edges, strengths[cell_type], threshold)
        ]
        return space.architecture(dict(kept))

    return discretize


def _above(space: Space, cell_type: str, edges: tuple[Edge, ...], weights: np.ndarray, threshold: float) -> list[Edge]:
    rows = {ends: row for row, ends in enumerate(space.graph.edges)}

    def weight(edge: Edge) -> float:
        row = rows[edge.source, edge.node]
        return weights[row, space.options[cell_type][row].index(edge.primitive)]

    best = {edge.node: edge for edge in sorted(edges, key=weight)}  # the last of every node: its strongest
    return [edge for edge in edges if weight(edge) > threshold or edge is best[edge.node]]
