"""Architectures as vectors of zeros and ones, for predictors.

Cells are described by their paths (BANANAS, arXiv:1910.11858, section 4): a feature for every sequence of primitives
that leads from one of the inputs to the output. Other architectures have a feature for every chosen option.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from dartsx.spaces import NONE, Architecture
from dartsx.spaces.space import DrawnCell

Features = frozenset[str]


def features(architecture: Architecture) -> Features:
    """Names of what the architecture has."""
    if not architecture.cells:
        return frozenset(f"{name}={option}" for name, option in architecture.choices.items())
    return frozenset(f"{kind}:{path}" for kind, cell in architecture.cells.items() for path in _paths(cell))


def vectors(described: Sequence[Features], names: Iterable[str]) -> np.ndarray:
    """Float64 [architectures, names]: 1 where an architecture has the feature."""
    return np.array([[name in one for name in names] for one in described], np.float64)


def _paths(cell: DrawnCell) -> set[str]:
    into: dict[int, set[str]] = {node: {str(node)} for node in range(cell.num_inputs)}
    for primitive, source, node in sorted(cell.edges, key=lambda edge: edge[2]):
        if primitive != NONE:
            longer = {f"{path}>{primitive}" for path in into.get(source, ())}
            into.setdefault(node, set()).update(longer)
    return {path for node in cell.concat for path in into.get(node, ())}
