"""What a search has asked for, and how new architectures are drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from dartsx.spaces import Architecture, Space
from dartsx.strategies.strategy import Key

TRIES = 100  # draws of architectures that were asked for already, before one of them is asked for again

Identity = frozenset[tuple[str, str]]
Draw = Callable[[np.random.Generator], Architecture]


def identity(architecture: Architecture) -> Identity:
    """What is the same for architectures that choose the same, in whatever order they list it."""
    return frozenset(architecture.choices.items())


@dataclasses.dataclass(frozen=True)
class Asked:
    """The part of a state that all strategies share.

    Attributes:
      space: the space that is searched.
      key: key of the search.
      times: how often it was asked; every time has random numbers of its own.
      seen: identities of all architectures asked for or told.
    """

    space: Space
    key: tuple[int, ...]
    times: int = 0
    seen: frozenset[Identity] = frozenset()

    def rng(self) -> np.random.Generator:
        """Random numbers of the next question."""
        return np.random.default_rng((*self.key, self.times))

    def fresh(self, n: int, draw: Draw, repeats: bool = False) -> tuple[Asked, list[Architecture]]:
        """Ask for n architectures.

        Args:
          n: number of architectures.
          draw: draws one.
          repeats: take what is drawn. Otherwise it is drawn until it is new, or TRIES draws have found nothing new.
        """
        rng, seen, drawn = self.rng(), set(self.seen), []
        for _ in range(n):
            for _ in range(1 if repeats else TRIES):
                architecture = draw(rng)
                known = identity(architecture)
                if known not in seen:
                    break
            seen.add(known)
            drawn.append(architecture)
        return dataclasses.replace(self, times=self.times + 1, seen=frozenset(seen)), drawn

    def told(self, architectures: Sequence[Architecture]) -> Asked:
        """The same, with what is known from elsewhere, too."""
        new = {identity(architecture) for architecture in architectures} - self.seen
        return dataclasses.replace(self, seen=self.seen | new) if new else self


def start(space: Space, key: Key) -> Asked:
    """Nothing asked yet."""
    return Asked(space, tuple(int(number) for number in np.atleast_1d(key)))
