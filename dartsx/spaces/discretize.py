"""From the mixture that a search ends with to a cell: the rule of DARTS, arXiv:1806.09055, 2.4."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from dartsx.spaces.errors import SpaceError
from dartsx.spaces.genotype import NUM_INPUTS, Cell, Edge
from dartsx.spaces.primitives import DARTS, NONE


def softmax(alpha: ArrayLike) -> np.ndarray:
    """Softmax over the last axis in float64; ``alpha`` are logits of any shape and float type."""
    alpha = np.asarray(alpha, np.float64)
    exponentials = np.exp(alpha - alpha.max(axis=-1, keepdims=True))
    # Summed in order of size, rows that hold the same numbers in another order tie exactly.
    return exponentials / np.sort(exponentials, axis=-1).sum(axis=-1, keepdims=True)


def discretize(
    mixture: ArrayLike,
    primitives: Sequence[str] = DARTS,
    edges_kept: int = 2,
    concat: Sequence[int] | None = None,
) -> Cell:
    """Keep the strongest edges of every node, each with its best primitive.

    The strength of an edge is its largest weight over all primitives but 'none', which is never
    chosen, yet shares the softmax with the others and so lowers their weights. Ties, of edges and
    of primitives, go to the lower index.

    Args:
      mixture: [edges, primitives] weights, after the softmax; a row per edge, by node, inside a
        node by source (node 2 from 0, 1; node 3 from 0, 1, 2; and so on).
      primitives: the names of the columns.
      edges_kept: edges per node in the cell.
      concat: the nodes that the cell concatenates; all intermediate ones if None.

    Returns the cell, inside each node with the strongest edge first.

    Raises SpaceError if the shape fits no number of nodes or the primitives, if a weight is not
    finite, or if a node has fewer inputs than ``edges_kept``.
    """
    weights = np.asarray(mixture, np.float64)
    candidates = [column for column, name in enumerate(primitives) if name != NONE]
    num_nodes = _check(weights, primitives, candidates, edges_kept)
    edges = []
    for node in range(NUM_INPUTS, NUM_INPUTS + num_nodes):
        first = num_edges(node - NUM_INPUTS)
        rows = weights[first : first + node][:, candidates]
        strongest = np.argsort(-rows.max(axis=1), kind="stable")[:edges_kept]
        for source in strongest:
            primitive = primitives[candidates[rows[source].argmax()]]
            edges.append(Edge(primitive, int(source), node))
    nodes = range(NUM_INPUTS, NUM_INPUTS + num_nodes) if concat is None else concat
    return Cell(tuple(edges), tuple(nodes))


def num_edges(num_nodes: int) -> int:
    """Edges of a cell in which each of ``num_nodes`` nodes takes all nodes before it."""
    return num_nodes * NUM_INPUTS + num_nodes * (num_nodes - 1) // 2


def _check(weights: np.ndarray, primitives: Sequence[str], candidates: list[int], edges_kept: int) -> int:
    """Return the number of nodes, or raise SpaceError."""
    if weights.ndim != 2 or weights.shape[1] != len(primitives):
        raise SpaceError(
            f"mixture has shape {weights.shape}; expected [edges, {len(primitives)}] for the "
            f"primitives {', '.join(primitives)}"
        )
    num_nodes = 0
    while num_edges(num_nodes) < len(weights):
        num_nodes += 1
    if num_nodes == 0 or num_edges(num_nodes) != len(weights):
        allowed = ", ".join(str(num_edges(nodes)) for nodes in range(1, 7))
        raise SpaceError(f"mixture has {len(weights)} edges; allowed: {allowed}, ...")
    if not candidates:
        raise SpaceError(f"no primitive but 'none' to choose from: {list(primitives)}")
    if not 1 <= edges_kept <= NUM_INPUTS:
        raise SpaceError(f"edges_kept is {edges_kept}; allowed: 1 to {NUM_INPUTS}, the inputs of the first node")
    if not np.isfinite(weights).all():
        row, column = np.argwhere(~np.isfinite(weights))[0]
        raise SpaceError(f"mixture holds {weights[row, column]} at edge {row}, primitive {primitives[column]}")
    return num_nodes
