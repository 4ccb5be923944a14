"""REINFORCE (arXiv:1611.01578, section 3.2): the policy makes more likely what scores above a moving baseline.

    gradient = (utility - baseline) * d log p(architecture) / d parameters,

averaged over the architectures of a call of ``tell``; then a step of Adam. The baseline is the average of all
utilities with exponentially falling weights, the present ones included, with bias correction. What is told late is
treated as if the present policy had drawn it. Spaces may forbid what actions choose together: then the policy draws
again, and its probabilities are those before this. An architecture whose score is missing changes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.adam import AdamState, Params, adam_init, adam_step
from dartsx.strategies.asked import TRIES, Asked, start
from dartsx.strategies.independent_logits import independent_logits
from dartsx.strategies.lstm_controller import lstm_controller
from dartsx.strategies.policy import Policy, ascent, batch_of, bounded, draw
from dartsx.strategies.steps import Steps, made, steps_of
from dartsx.strategies.strategy import Key, Strategy


@dataclasses.dataclass(frozen=True)
class PolicyState:
    """A policy in training.

    Attributes:
      asked: the part of the state that all strategies share.
      steps: the decisions of the space as steps of the policy.
      params: parameters of the policy.
      adam: state of the optimiser.
      average: running mean of the utilities, without bias correction.
      told: number of utilities in it.
    """

    asked: Asked
    steps: Steps
    params: Params
    adam: AdamState
    average: float = 0.0
    told: int = 0


def reinforce(measure: Measure, rate: float, decay: float) -> Strategy:
    """On independent logits.

    Args:
      measure: the measure whose utility counts.
      rate: learning rate of Adam.
      decay: decay of the baseline.
    """
    return _strategy("reinforce", independent_logits(), measure, rate, decay, 0.0)


def reinforce_lstm(measure: Measure, rate: float, decay: float, entropy: float, hidden: int) -> Strategy:
    """On an LSTM controller with so many hidden units and a reward for entropy."""
    return _strategy("reinforce_lstm", lstm_controller(hidden), measure, rate, decay, entropy)


def enas(
    measure: Measure,
    rate: float,
    decay: float,
    entropy: float,
    hidden: int,
    temperature: float,
    limit: float,
    repeats: bool,
) -> Strategy:
    """ENAS's controller (arXiv:1802.03268): the LSTM, with bounded logits.

    Shared weights are trained in turns with it by `dartsx.strategies.shared_turns`.

    Args:
      measure: the measure whose utility counts; in the paper the accuracy, from 0 to 1, of shared weights.
      rate: learning rate of Adam.
      decay: decay of the baseline.
      entropy: weight of the entropy.
      hidden: units of the controller.
      temperature, limit: see `policy.bounded`.
      repeats: whether architectures that were asked for already are asked for again, as in the paper.
    """
    policy = bounded(lstm_controller(hidden), temperature, limit)
    return _strategy("enas", policy, measure, rate, decay, entropy, repeats)


def _strategy(
    name: str, policy: Policy, measure: Measure, rate: float, decay: float, entropy: float, repeats: bool = False
) -> Strategy:
    tell = partial(_tell, policy, measure, rate, decay, entropy)
    return Strategy(name, partial(policy_init, policy), partial(policy_ask, policy, repeats=repeats), tell)


def policy_init(policy: Policy, space: Space, key: Key) -> PolicyState:
    """An untrained policy."""
    asked, steps = start(space, key), steps_of(space)
    params = policy.init(steps.sizes, np.random.default_rng(asked.key))
    return PolicyState(asked, steps, params, adam_init(params))


def policy_ask(
    policy: Policy, state: PolicyState, n: int, repeats: bool = False
) -> tuple[PolicyState, list[Architecture]]:
    """Architectures drawn from the policy; uniform ones where TRIES draws are all forbidden by the space."""

    def drawn(rng: np.random.Generator) -> Architecture:
        for _ in range(TRIES):
            found = made(state.steps, draw(policy, state.params, state.steps, rng))
            if found is not None:
                return found
        return state.asked.space.sample(rng)

    asked, architectures = state.asked.fresh(n, drawn, repeats)
    return dataclasses.replace(state, asked=asked), architectures


def baseline(state: PolicyState, utilities: np.ndarray, decay: float) -> tuple[PolicyState, float]:
    """The moving average with these utilities in it."""
    average = state.average
    for utility in utilities:
        average = decay * average + (1 - decay) * utility
    told = state.told + len(utilities)
    return dataclasses.replace(state, average=average, told=told), average / (1 - decay**told)


def _tell(
    policy: Policy,
    measure: Measure,
    rate: float,
    decay: float,
    entropy: float,
    state: PolicyState,
    architectures: Sequence[Architecture],
    scores: Sequence[Scores],
) -> PolicyState:
    state = dataclasses.replace(state, asked=state.asked.told(architectures))
    utilities = np.array([measure.utility(score) for score in scores])
    known = np.isfinite(utilities)
    if not known.any():
        return state
    sequences = [state.steps.actions(a) for a, there in zip(architectures, known, strict=True) if there]
    state, expected = baseline(state, utilities[known], decay)
    batch = batch_of(state.steps, sequences)
    weights = (utilities[known] - expected) / len(sequences)
    upwards = ascent(policy, state.params, batch, weights, entropy / len(sequences))
    params, adam = adam_step(state.params, {name: -value for name, value in upwards.items()}, state.adam, rate)
    return dataclasses.replace(state, params=params, adam=adam)
