"""What every strategy promises: pure functions of an explicit state that ask for architectures and are told scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dartsx.objectives import Scores
from dartsx.spaces import Architecture, Space

State = Any
Key = int | Sequence[int]
"""Whole numbers, not negative, from which everything random follows."""


@dataclass(frozen=True)
class Strategy:
    """A search that knows architectures only by their scores.

    ``ask(state, n)`` may be called again before the scores of earlier architectures are told, so that any number can be
    scored at the same time; ``tell`` may come in any order, in parts, and with architectures that were never asked for.
    Equal calls give equal results: a search that was cut off is rebuilt by asking and telling the same again.

    Attributes:
      name: a key of the table of strategies.
      init: the state before the first question, from a space and a key.
      ask: (state, n) -> (state, n architectures). None is asked for twice as long as new ones are found.
      tell: (state, architectures, their scores) -> state.
    """

    name: str
    init: Callable[[Space, Key], State]
    ask: Callable[[State, int], tuple[State, list[Architecture]]]
    tell: Callable[[State, Sequence[Architecture], Sequence[Scores]], State]
