"""What random search finds in a table, in closed form."""

import numpy as np
from numpy.typing import ArrayLike


def expected_best(chosen_by: ArrayLike, reported: ArrayLike, n: int) -> float:
    """Expectation of ``reported`` at the best of n uniform draws, with replacement, by ``chosen_by``.

    Sorted by ``chosen_by``, the best draw lies at rank <= i of N with probability (i / N)^n, so at rank i with
    (i / N)^n - ((i - 1) / N)^n. Equal values form one group, out of which each is as likely.

    Args:
      chosen_by: [N] values by which the best is chosen, such as validation accuracies.
      reported: [N] values to report, such as test accuracies.
      n: number of draws, at least 1.

    Example: ``expected_best(valid, test, 1)`` is the mean of ``test``.

    Raises ValueError: n < 1, other shapes, or values that are not finite.
    """
    chosen_by, reported = np.asarray(chosen_by, np.float64), np.asarray(reported, np.float64)
    if n < 1 or chosen_by.ndim != 1 or chosen_by.shape != reported.shape or not chosen_by.size:
        raise ValueError(f"needs n >= 1 and two arrays [N]; given {n}, {chosen_by.shape}, {reported.shape}")
    if not (np.isfinite(chosen_by).all() and np.isfinite(reported).all()):
        raise ValueError("values must be finite")
    _, group = np.unique(chosen_by, return_inverse=True)
    sizes = np.bincount(group)
    means = np.bincount(group, reported) / sizes
    below = np.concatenate([[0], np.cumsum(sizes)]) / len(chosen_by)
    return float(np.sum(np.diff(below**n) * means))
