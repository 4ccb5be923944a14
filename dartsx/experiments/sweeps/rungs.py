"""Early stopping of trials: how many settings go on for how long, and which.

Rungs are epochs at which trials pause; those that are promoted go on from their checkpoints. All scores are such that
more is better.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple


class Rung(NamedTuple):
    """So many settings run until so many epochs."""

    settings: int
    epochs: int


def budgets(least: int, most: int, eta: int) -> tuple[int, ...]:
    """Epochs of the rungs: `most` over powers of `eta`, not below `least`, rounded; ascending, the last is `most`."""
    count = 1
    while most / eta**count >= least:
        count += 1
    return tuple(dict.fromkeys(round(most / eta**power) for power in reversed(range(count))))


def halving(settings: int, least: int, most: int, eta: int) -> tuple[Rung, ...]:
    """Successive halving (arXiv:1502.07943): of the settings of a rung one in `eta` goes on."""
    rungs = budgets(least, most, eta)
    return tuple(Rung(max(settings // eta**i, 1), epochs) for i, epochs in enumerate(rungs))


def hyperband(least: int, most: int, eta: int) -> tuple[tuple[Rung, ...], ...]:
    """Hyperband (arXiv:1603.06560, algorithm 1): brackets of successive halving that cost about the same each.

    Bracket s = s_max, ..., 0 begins with n = ceil((s_max + 1) / (s + 1) * eta^s) settings and most / eta^s epochs.
    """
    rungs = budgets(least, most, eta)
    last = len(rungs) - 1
    first = (math.ceil((last + 1) * eta**s / (s + 1)) for s in range(last, -1, -1))
    return tuple(
        tuple(Rung(n // eta**i, epochs) for i, epochs in enumerate(rungs[last - s :]))
        for s, n in zip(range(last, -1, -1), first, strict=True)
    )


def best(scores: Mapping[int, float], count: int) -> list[int]:
    """The settings with the most score, the best first; of equals those that came first."""
    return sorted(scores, key=lambda number: (-scores[number], number))[:count]


def promotable(
    rungs: Sequence[Mapping[int, float]], promoted: Sequence[Collection[int]], eta: int
) -> tuple[int, int] | None:
    """Which setting ASHA (arXiv:1810.05934, algorithm 2) promotes next, and from which rung.

    Args:
      rungs: by rung the scores of the settings that have reached it; minus infinity is never promoted.
      promoted: by rung the settings that have left it.
      eta: one in so many of a rung's settings is promoted, as soon as it is among the best.

    Returns:
      (setting, number of the rung that it leaves), of the highest rung that has one; None if none has.
    """
    for number in range(len(rungs) - 2, -1, -1):
        for setting in best(rungs[number], len(rungs[number]) // eta):
            if setting not in promoted[number] and rungs[number][setting] > -math.inf:
                return setting, number
    return None
