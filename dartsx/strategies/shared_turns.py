"""A strategy and one set of weights that its architectures share, trained in turns (ENAS, arXiv:1802.03268).

In every epoch each step trains the weights of the next architecture that the strategy has asked for. As the epoch ends,
the strategy asks for further ones, a few at a time, and is told what they score on validation batches by the shared
weights; then it asks for those of the next epoch. With ``enas`` as the strategy this is ENAS; with ``random`` it is
random search with weight sharing; any other strategy will do.

All that is told is part of the search's state, from which the strategy is rebuilt after an interruption: asked and told
the same again, it asks for the same. The log ``trials.jsonl`` holds it for readers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dartsx.objectives.objective import Scores
from dartsx.objectives.shared_weights import SCORE, shared_weights
from dartsx.runtime import put_replicated
from dartsx.search import Plan, Search, SearchState
from dartsx.search.methods.random_sharing import random_sharing
from dartsx.spaces import Architecture, to_json
from dartsx.strategies.queries import Query, best
from dartsx.strategies.strategy import Strategy

_MISSING = float(np.finfo(np.float32).min)  # told, as states of searches hold finite numbers only


@dataclasses.dataclass(frozen=True)
class Turn:
    """Numbers of a turn.

    Attributes:
      asked: architectures that are scored for the strategy after every epoch, a multiple of `at_once`.
      at_once: those that it is told together.
      batches: validation batches that score one of them.
      compared: architectures, drawn as an epoch ends, of which the best is derived, a multiple of `at_once`.
      compared_batches: validation batches that compare these, at most; a multiple of `batches`.

    Raises ValueError where one is no such multiple.
    """

    asked: int = 100
    at_once: int = 10
    batches: int = 1
    compared: int = 10
    compared_batches: int = 10

    def __post_init__(self):
        for name, unit in (("asked", "at_once"), ("compared", "at_once"), ("compared_batches", "batches")):
            value, of = getattr(self, name), getattr(self, unit)
            if value < 1 or of < 1 or value % of:
                raise ValueError(f"{name}={value} must be a multiple of {unit}={of}")


def in_turns(plan: Plan, strategy: Strategy, turn: Turn) -> Plan:
    """The plan that trains shared weights in turns with a strategy, in place of alphas.

    A bound on the cost would have nothing to bind: a search by such a plan refuses it (`dartsx.search.PlanError`).
    """

    def change(method, task):
        return dataclasses.replace(random_sharing(), name=f"{strategy.name}, shared weights")

    return dataclasses.replace(plan, change=change, turns=lambda search: Turns(search, strategy, turn))


@dataclasses.dataclass(frozen=True)
class _Played:
    """A strategy after some turns: its state, what the last turn told it, and what the weights are trained on next."""

    turns: int
    state: Any
    told: tuple[Query, ...]
    trained: tuple[Architecture, ...]


class Turns:
    """The turns of one search: the functions of its state that `dartsx.search.Search` asks for.

    Attributes:
      search: the search.
      strategy: what asks.
      turn: numbers of a turn.
    """

    def __init__(self, search: Search, strategy: Strategy, turn: Turn):
        self.search, self.strategy, self.turn = search, strategy, turn
        self._objective = shared_weights(search)
        self._last: _Played | None = None  # only spares rebuilding it
        self._next: _Played | None = None

    def start(self, state: SearchState) -> SearchState:
        """The first state, in which nothing has been told."""
        told = np.zeros((self.search.epochs, self.turn.asked), np.float32)
        return self._with(state, told, self._before())

    def trials(self, state: SearchState) -> list[dict[str, Any]]:
        """Takes a turn, by the weights of a state; what it tells the strategy."""
        self._next = played = self._play(self._played(state), self._scored(state))
        first = (played.turns - 1) * self.turn.asked
        return [
            {"query": first + i, "architecture": to_json(query.architecture), "scores": dict(query.scores)}
            for i, query in enumerate(played.told)
        ]

    def after(self, state: SearchState) -> SearchState:
        """The state after the turn that was taken at it."""
        told = np.array(state.memory["told"])
        told[self._next.turns - 1] = [query.scores.get(SCORE.name, _MISSING) for query in self._next.told]
        return self._with(state, told, self._next)

    def derive(self, state: SearchState) -> Architecture:
        """The best, by more validation batches, of some that the strategy asks for."""
        strategy_state, turn, done = self._played(state).state, self.turn, []
        for _ in range(turn.compared // turn.at_once):
            strategy_state, asked = self.strategy.ask(strategy_state, turn.at_once)
            parts = [self._objective(state, rows)(asked) for rows in self._rows(0, turn.compared_batches)]
            means = np.mean([[scores[SCORE.name] for scores in part] for part in parts], 0)
            done += [Query(a, {SCORE.name: float(mean)}) for a, mean in zip(asked, means, strict=True)]
        return (best(done, SCORE) or done[0]).architecture

    def strengths(self, state: SearchState) -> dict[str, np.ndarray]:
        """How often each option is chosen in what the weights are trained on, by group."""
        return {name: np.asarray(rows, np.float64).mean(0) for name, rows in state.memory["asked"].items()}

    # ------------------------------------------------------------------------------------------
    def _before(self) -> _Played:
        state = self.strategy.init(self.search.plan.space, self.search.seed)
        state, trained = self.strategy.ask(state, self.search.steps)
        return _Played(0, state, (), tuple(trained))

    def _played(self, state: SearchState) -> _Played:
        """The strategy at a state, rebuilt from what was told if it is not known."""
        turns = int(state.memory["turns"])
        if self._last is None or self._last.turns != turns:
            played = self._before()
            for number in range(turns):
                values = iter(np.asarray(state.memory["told"])[number].tolist())
                played = self._play(played, lambda asked, values=values: _read(asked, values))
            self._last = played
        return self._last

    def _play(self, played: _Played, scored) -> _Played:
        """One more turn: asks, is told what `scored` says, and asks for what is trained next."""
        state, told = played.state, []
        for _ in range(self.turn.asked // self.turn.at_once):
            state, asked = self.strategy.ask(state, self.turn.at_once)
            scores = scored(asked)
            state = self.strategy.tell(state, asked, scores)
            told += map(Query, asked, scores)
        state, trained = self.strategy.ask(state, self.search.steps)
        return _Played(played.turns + 1, state, tuple(told), tuple(trained))

    def _scored(self, state: SearchState):
        count = self.turn.asked // self.turn.at_once * self.turn.batches
        rows = self._rows(int(state.memory["turns"]) * count, count)
        return lambda asked: _finite(self._objective(state, next(rows))(asked))

    def _rows(self, first: int, count: int) -> Iterator[np.ndarray]:
        """Validation batches from the first on, over and over, as arrays [batches, batch size]."""
        valid, size = self.search.halves["valid"], self.search.plan.batch_size
        whole = len(valid) // size
        batches = valid[: whole * size].reshape(whole, size)
        for start in range(first, first + count, self.turn.batches):
            yield batches[[(start + i) % whole for i in range(self.turn.batches)]]

    def _with(self, state: SearchState, told: np.ndarray, played: _Played) -> SearchState:
        encoded = [self.search.plan.space.encode(architecture) for architecture in played.trained]
        asked = {name: np.stack([one[name] for one in encoded]).astype(np.float32) for name in encoded[0]}
        self._last = played
        memory = {**state.memory, "told": told, "turns": np.int32(played.turns), "asked": asked}
        return state._replace(memory=put_replicated(memory, self.search.mesh))


def _finite(scores: Sequence[Scores]) -> list[Scores]:
    """The same as float32 holds it, without what is not finite."""
    return [{n: float(np.float32(v)) for n, v in one.items() if np.isfinite(v)} for one in scores]


def _read(asked: Sequence[Architecture], values: Iterator[float]) -> list[Mapping[str, float]]:
    told = [next(values) for _ in asked]
    return [{} if value == _MISSING else {SCORE.name: value} for value in told]
