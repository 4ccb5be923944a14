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
from dartsx.spaces import Cell, CellSpace, Genotype


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


def above(threshold: float) -> Callable[[CellSpace, Mapping[str, np.ndarray]], Genotype]:
    """Derivation that leaves out edges at or below the threshold, the strongest of every node excepted."""

    def discretize(space, strengths):
        genotype = space.derive(strengths)
        if not isinstance(space, CellSpace):
            return genotype
        cells = {t: _prune(space, genotype.cell(t), strengths[t], threshold) for t in strengths}
        return Genotype(**cells)

    return discretize


def _prune(space: CellSpace, cell: Cell, weights: np.ndarray, threshold: float) -> Cell:
    rows = {edge: row for row, edge in enumerate(space.edges)}

    def weight(edge):
        return weights[rows[edge.source, edge.node], space.primitives.index(edge.primitive)]

    kept = []
    for node in space.nodes:
        edges = cell.inputs(node)
        best = max(edges, key=weight)
        kept += [edge for edge in edges if edge is best or weight(edge) > threshold]
    return Cell(tuple(kept), cell.concat, space.custom_primitives)
