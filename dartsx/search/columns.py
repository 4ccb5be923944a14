"""Where an option stands in the alphas."""

from __future__ import annotations

import numpy as np

from dartsx.spaces import Space


def places(space: Space, option: str) -> dict[str, np.ndarray]:
    """For every group booleans of the shape of its alphas, true where the column weighs the option of this label."""
    found = {}
    for group, shape in space.alpha_shapes.items():
        found[group] = np.zeros(shape, bool)
        for row, names in enumerate(space.options[group]):
            found[group][row, : len(names)] = [name == option for name in names]
    return found
