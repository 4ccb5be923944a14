"""Extreme eigenvalues of a symmetric operator by the Lanczos process (Golub, Van Loan: Matrix Computations, 10.1).

On the host, as there are few alphas: only the products need the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-5


class Extremes(NamedTuple):
    """Largest and smallest Ritz value, and the number of products that they took."""

    largest: float
    smallest: float
    products: int

    @property
    def dominant(self) -> float:
        """The one of larger magnitude, with its sign."""
        return max(self.largest, self.smallest, key=abs)


def extreme_eigenvalues(
    operator: Callable[[np.ndarray], np.ndarray], start: np.ndarray, iterations: int, tolerance: float = TOLERANCE
) -> Extremes:
    """Largest and smallest eigenvalue of a symmetric operator, approached from inside the spectrum.

    Every new direction is made orthogonal to all before it, twice: without that, rounding brings copies of the same
    eigenvalue. As many products as dimensions give the spectrum's ends exactly.

    Args:
      operator: vector [n] -> vector [n].
      start: [n], not zero; a random one has a share of every eigenvector.
      iterations: most products with the operator.
      tolerance: stops where a product has moved both values by less than this times the larger magnitude.
    """
    basis = [np.asarray(start, np.float64) / np.linalg.norm(start)]
    diagonal, beside = [], []
    ends = np.array([np.inf, -np.inf])
    for _ in range(min(iterations, len(start))):
        image = np.asarray(operator(basis[-1]), np.float64)
        diagonal.append(basis[-1] @ image)
        matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        before, ends = ends, np.linalg.eigvalsh(matrix)[[0, -1]]
        rest, known = image, np.array(basis)
        for _again in range(2):
            rest = rest - known.T @ (known @ rest)
        beside.append(np.linalg.norm(rest))
        scale = np.abs(ends).max()
        # Nothing is left where the start lies in a space that the operator maps to itself.
        if beside[-1] <= 1e-7 * scale or np.abs(ends - before).max() <= tolerance * scale:
            break
        basis.append(rest / beside[-1])
    return Extremes(float(ends[1]), float(ends[0]), len(diagonal))
