"""Counting, drawing and changing assignments of decisions of which some count only under options of others.

Decisions are taken in order. What the later ones depend on is which of them have been made to count: that set is the
state, and numbers of completions per state follow by dynamic programming.
"""

import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from dartsx.networks import Decision

State = frozenset[int]  # places of later decisions whose condition holds already


class Assignments:
    """All assignments of some decisions.

    Attributes:
      names: names of the decisions, in order.
      decisions: the same; none stands before one that its condition names.
    """

    def __init__(self, decisions: Mapping[str, Decision]):
        self.names = tuple(decisions)
        self.decisions = tuple(decisions.values())
        self._enabled: dict[tuple[str, str], set[int]] = {}
        for place, decision in enumerate(self.decisions):
            for pair in decision.active_if:
                self._enabled.setdefault(pair, set()).add(place)

    def count(self) -> int:
        """Number of assignments."""
        return self._completions[0][frozenset()]

    def sample(self, rng: np.random.Generator) -> dict[str, str]:
        """An assignment, drawn uniformly."""
        state, chosen = frozenset(), {}
        for place, name in enumerate(self.names):
            following = self._following(place, state)
            weights = [self._completions[place + 1][after] for _, after in following]
            drawn = _below(sum(weights), rng)
            taken = next(i for i, total in enumerate(itertools.accumulate(weights)) if drawn < total)
            option, state = following[taken]
            if option is not None:
                chosen[name] = option
        return chosen

    def mutate(self, chosen: Mapping[str, str], rng: np.random.Generator) -> dict[str, str] | None:
        """An assignment with another option of one decision; those that only count since then are drawn.

        All (decision, other option) are equally likely. None where no decision has another option.
        """
        changes = self._changes(chosen)
        return self._changed(chosen, changes[rng.integers(len(changes))], rng) if changes else None

    def neighbours(self, chosen: Mapping[str, str], rng: np.random.Generator) -> list[dict[str, str]]:
        """All assignments with another option of one decision; those that only count since then are drawn."""
        return [self._changed(chosen, change, rng) for change in self._changes(chosen)]

    def _changes(self, chosen: Mapping[str, str]) -> list[tuple[str, str]]:
        decisions = dict(zip(self.names, self.decisions, strict=True))
        return [(n, o) for n, old in chosen.items() for o in decisions[n].options if o != old]

    def _changed(self, chosen: Mapping[str, str], change: tuple[str, str], rng: np.random.Generator) -> dict[str, str]:
        changed = dict([change])
        for name, decision in zip(self.names, self.decisions, strict=True):
            if not decision.active(changed):
                continue
            if name not in changed:
                options = decision.options
                changed[name] = chosen[name] if name in chosen else options[rng.integers(len(options))]
        return {name: changed[name] for name in self.names if name in changed}

    def active(self, options: Mapping[str, str]) -> dict[str, str]:
        """The choices that count among options for all decisions."""
        chosen: dict[str, str] = {}
        for name, decision in zip(self.names, self.decisions, strict=True):
            if decision.active(chosen):
                chosen[name] = options[name]
        return chosen

    def __iter__(self) -> Iterator[dict[str, str]]:
        """All assignments, one after the other."""
        return self._from(0, {})

    def _from(self, place: int, chosen: dict[str, str]) -> Iterator[dict[str, str]]:
        if place == len(self.names):
            yield chosen
        elif self.decisions[place].active(chosen):
            for option in self.decisions[place].options:
                yield from self._from(place + 1, {**chosen, self.names[place]: option})
        else:
            yield from self._from(place + 1, chosen)

    def _following(self, place: int, state: State) -> list[tuple[str | None, State]]:
        """(option, state behind it) of a decision; the option is None where it does not count."""
        decision = self.decisions[place]
        if decision.active_if and place not in state:
            return [(None, state)]
        rest = state - {place}
        return [(o, rest | self._enabled.get((self.names[place], o), set())) for o in decision.options]

    @cached_property
    def _completions(self) -> list[dict[State, int]]:
        """Number of assignments of the decisions from a place on, by the state before it."""
        reached: list[set[State]] = [{frozenset()}]
        for place in range(len(self.names)):
            reached.append({after for state in reached[-1] for _, after in self._following(place, state)})
        table = [dict.fromkeys(reached[-1], 1)]
        for place in reversed(range(len(self.names))):
            table.append({s: sum(table[-1][after] for _, after in self._following(place, s)) for s in reached[place]})
        return table[::-1]


def _below(bound: int, rng: np.random.Generator) -> int:
    """A whole number from 0 to below a bound of any size, drawn uniformly."""
    bits = bound.bit_length()
    while True:
        drawn = int.from_bytes(rng.bytes((bits + 7) // 8)) >> -bits % 8
        if drawn < bound:
            return drawn
