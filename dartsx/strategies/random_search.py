"""Random search: architectures drawn uniformly, each once.

Scores change nothing, missing ones neither.
"""

from collections.abc import Sequence

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture
from dartsx.strategies.asked import Asked, start
from dartsx.strategies.strategy import Strategy


def random_search(measure: Measure | None = None) -> Strategy:
    """The strategy, whatever is measured; its state is what was asked."""
    del measure
    return Strategy("random", start, _ask, _tell)


def _ask(asked: Asked, n: int) -> tuple[Asked, list[Architecture]]:
    return asked.fresh(n, asked.space.sample)


def _tell(asked: Asked, architectures: Sequence[Architecture], scores: Sequence[Scores]) -> Asked:
    del scores
    return asked.told(architectures)
