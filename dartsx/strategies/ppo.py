"""Proximal policy optimisation (arXiv:1707.06347) of the LSTM controller, as NASNet's search has it (1707.07012).

As soon as ``batch`` scores are there, ``epochs`` steps of Adam go up the mean of

    min(r A, clip(r, 1 - clip, 1 + clip) A) + entropy * H,

r the probability of an architecture over that before the steps, A its utility minus a moving baseline, H the entropies
of the steps' distributions. An architecture whose score is missing is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from dartsx.objectives import Measure, Scores
from dartsx.spaces import Architecture, Space
from dartsx.strategies.adam import adam_step
from dartsx.strategies.lstm_controller import lstm_controller
from dartsx.strategies.policy import Policy, ascent, batch_of, log_probabilities
from dartsx.strategies.reinforce import PolicyState, baseline, policy_ask, policy_init
from dartsx.strategies.strategy import Key, Strategy


@dataclasses.dataclass(frozen=True)
class _Settings:
    rate: float
    decay: float
    entropy: float
    batch: int
    epochs: int
    clip: float


@dataclasses.dataclass(frozen=True)
class _State:
    """The policy, and (actions, utility) of what was told since its last steps."""

    policy: PolicyState
    waiting: tuple[tuple[tuple[int, ...], float], ...] = ()


def ppo(
    measure: Measure,
    rate: float,
    decay: float,
    entropy: float,
    hidden: int,
    batch: int,
    epochs: int,
    clip: float,
) -> Strategy:
    """The strategy.

    Args:
      measure: the measure whose utility counts.
      rate: learning rate of Adam.
      decay: decay of the baseline.
      entropy: weight of the entropy.
      hidden: units of the controller.
      batch: scores for each update.
      epochs: steps of Adam for each update.
      clip: how far the ratio of new to old probabilities may be from 1 before it is clipped.
    """
    policy, settings = lstm_controller(hidden), _Settings(rate, decay, entropy, batch, epochs, clip)
    return Strategy("ppo", partial(_init, policy), partial(_ask, policy), partial(_tell, policy, measure, settings))


def _init(policy: Policy, space: Space, key: Key) -> _State:
    return _State(policy_init(policy, space, key))


def _ask(policy: Policy, state: _State, n: int) -> tuple[_State, list[Architecture]]:
    inner, architectures = policy_ask(policy, state.policy, n)
    return dataclasses.replace(state, policy=inner), architectures


def _tell(
    policy: Policy,
    measure: Measure,
    settings: _Settings,
    state: _State,
    architectures: Sequence[Architecture],
    scores: Sequence[Scores],
) -> _State:
    inner = dataclasses.replace(state.policy, asked=state.policy.asked.told(architectures))
    utilities = [measure.utility(score) for score in scores]
    waiting = state.waiting + tuple(
        (inner.steps.actions(a), u) for a, u in zip(architectures, utilities, strict=True) if np.isfinite(u)
    )
    while len(waiting) >= settings.batch:
        inner = _updated(policy, settings, inner, waiting[: settings.batch])
        waiting = waiting[settings.batch :]
    return _State(inner, waiting)


def _updated(policy: Policy, settings: _Settings, state: PolicyState, told: Sequence) -> PolicyState:
    utilities = np.array([utility for _, utility in told])
    state, expected = baseline(state, utilities, settings.decay)
    advantages, batch = utilities - expected, batch_of(state.steps, [actions for actions, _ in told])
    before = log_probabilities(policy, state.params, batch)
    params, adam = state.params, state.adam
    for _ in range(settings.epochs):
        ratio = np.exp(log_probabilities(policy, params, batch) - before)
        clipped = np.where(advantages > 0, ratio > 1 + settings.clip, ratio < 1 - settings.clip)
        weights = np.where(clipped, 0.0, ratio * advantages) / len(told)
        upwards = ascent(policy, params, batch, weights, settings.entropy / len(told))
        params, adam = adam_step(params, {name: -value for name, value in upwards.items()}, adam, settings.rate)
    return dataclasses.replace(state, params=params, adam=adam)
