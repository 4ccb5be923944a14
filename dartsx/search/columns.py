"""Where primitives stand in the alphas, for spaces whose edges share their candidates and for those whose do not."""

from __future__ import annotations

from typing import Any

import numpy as np


def names(space: Any, cell_type: str) -> tuple[tuple[str, ...], ...]:
    """The candidates of every edge, in the order of its columns."""
    if hasattr(space, "choices"):  # every edge has its own
        return space.choices(cell_type)
    return (tuple(space.primitives),) * space.alpha_shapes[cell_type][0]


def places(space: Any, primitive: str) -> dict[str, np.ndarray]:
    """Per cell type booleans [edges, columns], true where the column weighs the primitive."""
    return {
        cell_type: np.array([[name == primitive for name in row] for row in names(space, cell_type)])
        for cell_type in space.alpha_shapes
    }
