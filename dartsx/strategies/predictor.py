"""A predictor in the manner of BANANAS (arXiv:1910.11858): an ensemble says which mutants are worth asking for.

After some random architectures an ensemble is trained on all scores, and again after every ``refit`` new ones.
Candidates are mutants of the best told so far. Asked for is what draws highest from the normal distribution of its
predictions (independent Thompson sampling, ``its``) or has the highest mean plus half a deviation (``ucb``). An
architecture whose score is missing is not learnt from.

Simpler than the paper: members have two hidden layers instead of ten and are trained on the mean absolute error.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.asked import Asked, identity, start
from dartsx.strategies.encoding import Features, features, vectors
from dartsx.strategies.ensemble import Ensemble, fit, predict
from dartsx.strategies.strategy import Key, Strategy

PARENTS = 10  # the best told so far, whose mutants are candidates
ACQUISITIONS: dict[str, Callable[[np.random.Generator, np.ndarray, np.ndarray], np.ndarray]] = {
    "its": lambda rng, mean, deviation: rng.normal(mean, deviation),
    "ucb": lambda rng, mean, deviation: mean + deviation / 2,
}


@dataclasses.dataclass(frozen=True)
class _State:
    """What was asked; what was told with its utility; the ensemble with its features' names; scores it knows."""

    asked: Asked
    told: tuple[tuple[Architecture, Features, float], ...] = ()
    ensemble: Ensemble | None = None
    names: tuple[str, ...] = ()
    fitted: int = 0


@dataclasses.dataclass(frozen=True)
class _Predictor:
    measure: Measure
    acquisition: str
    random: int
    refit: int
    candidates: int
    members: int
    hidden: int
    steps: int
    rate: float

    def init(self, space: Space, key: Key) -> _State:
        return _State(start(space, key))

    def ask(self, state: _State, n: int) -> tuple[_State, list[Architecture]]:
        if len(state.told) < self.random:
            asked, drawn = state.asked.fresh(n, state.asked.space.sample)
            return dataclasses.replace(state, asked=asked), drawn
        rng = state.asked.rng()
        state = self._fitted(state, rng)
        candidates = self._candidates(state, rng)
        inputs = vectors([features(a) for a in candidates], state.names)
        predicted = predict(state.ensemble, inputs) if candidates else np.zeros((1, 0))
        order = np.argsort(-ACQUISITIONS[self.acquisition](rng, predicted.mean(0), predicted.std(0)), kind="stable")
        chosen = [candidates[i] for i in order[:n]]
        asked = dataclasses.replace(state.asked.told(chosen), times=state.asked.times + 1)
        asked, others = asked.fresh(n - len(chosen), asked.space.sample)
        return dataclasses.replace(state, asked=asked), chosen + others

    def tell(self, state: _State, architectures: Sequence[Architecture], scores: Sequence[Scores]) -> _State:
        pairs = zip(architectures, map(self.measure.utility, scores), strict=True)
        told = tuple((a, features(a), utility) for a, utility in pairs if np.isfinite(utility))
        return dataclasses.replace(state, asked=state.asked.told(architectures), told=state.told + told)

    def _fitted(self, state: _State, rng: np.random.Generator) -> _State:
        if state.ensemble is not None and len(state.told) < state.fitted + self.refit:
            return state
        names = tuple(sorted(frozenset().union(*(described for _, described, _ in state.told))))
        inputs = vectors([described for _, described, _ in state.told], names)
        utilities = np.array([utility for *_, utility in state.told])
        ensemble = fit(inputs, utilities, self.members, self.hidden, self.steps, self.rate, rng)
        return dataclasses.replace(state, ensemble=ensemble, names=names, fitted=len(state.told))

    def _candidates(self, state: _State, rng: np.random.Generator) -> list[Architecture]:
        best = sorted(state.told, key=lambda one: -one[2])[:PARENTS]
        mutants = (state.asked.space.mutate(best[i % len(best)][0], rng) for i in range(self.candidates))
        new = {identity(a): a for a in mutants if identity(a) not in state.asked.seen}
        return list(new.values())


def predictor(
    measure: Measure,
    acquisition: str,
    random: int,
    refit: int,
    candidates: int,
    members: int,
    hidden: int,
    steps: int,
    rate: float,
) -> Strategy:
    """The strategy.

    Args:
      measure: the measure whose utility counts.
      acquisition: how candidates are compared, one of `ACQUISITIONS`.
      random: scores of random architectures before the first training.
      refit: new scores after which the ensemble is trained anew.
      candidates: mutants that are compared for each question.
      members: networks of the ensemble.
      hidden: units of their hidden layers.
      steps: number of steps of Adam.
      rate: learning rate of Adam.
    """
    made = _Predictor(measure, acquisition, random, refit, candidates, members, hidden, steps, rate)
    return Strategy("predictor", made.init, made.ask, made.tell)
