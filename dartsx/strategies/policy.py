"""Policies: distributions over architectures that draw one action after the other and can be trained.

The probability of an architecture is the product, over the steps that count, of the softmax of its logits over the
options that are allowed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dartsx.strategies.adam import Params
from dartsx.strategies.steps import INACTIVE, Steps


class Batch(NamedTuple):
    """Sequences of actions.

    Attributes:
      actions: int [batch, steps], -1 where a step does not count.
      allowed: bool [batch, steps, options].
    """

    actions: np.ndarray
    allowed: np.ndarray


@dataclass(frozen=True)
class Policy:
    """What gives the logits.

    Attributes:
      init: (sizes of the steps, random numbers) -> parameters.
      start: (parameters, batch size) -> memory before the first step.
      step: (parameters, memory, number of the step) -> (logits [batch, options], memory).
      remember: (parameters, memory, number of the step, actions [batch]) -> memory that knows them.
      forward: (parameters, actions) -> (logits [batch, steps, options], what `backward` needs).
      backward: (parameters, that, derivatives by the logits) -> derivatives by the parameters.
    """

    init: Callable[[Sequence[int], np.random.Generator], Params]
    start: Callable[[Params, int], Any]
    step: Callable[[Params, Any, int], tuple[np.ndarray, Any]]
    remember: Callable[[Params, Any, int, np.ndarray], Any]
    forward: Callable[[Params, np.ndarray], tuple[np.ndarray, Any]]
    backward: Callable[[Params, Any, np.ndarray], Params]


def draw(policy: Policy, params: Params, steps: Steps, rng: np.random.Generator) -> tuple[int, ...]:
    """The actions of an architecture, drawn from the policy."""
    actions, memory = [], policy.start(params, 1)
    for number in range(len(steps.sizes)):
        allowed = steps.allowed(actions)
        if allowed is None:
            actions.append(INACTIVE)
            continue
        logits, memory = policy.step(params, memory, number)
        noisy = logits[0, : len(allowed)] + rng.gumbel(size=len(allowed))  # its largest is drawn from the softmax
        actions.append(int(np.where(allowed, noisy, -np.inf).argmax()))
        memory = policy.remember(params, memory, number, np.array(actions[-1:]))
    return tuple(actions)


def bounded(policy: Policy, temperature: float, limit: float) -> Policy:
    """The policy with logits limit * tanh(logits / temperature): probabilities stay away from 0 and 1 for longer.

    ENAS (arXiv:1802.03268, appendix) and NAS with weight sharing since have 5 and 2.5 for cells.
    """

    def step(params: Params, memory: Any, number: int) -> tuple[np.ndarray, Any]:
        logits, memory = policy.step(params, memory, number)
        return limit * np.tanh(logits / temperature), memory

    def forward(params: Params, actions: np.ndarray) -> tuple[np.ndarray, Any]:
        logits, memory = policy.forward(params, actions)
        bent = np.tanh(logits / temperature)
        return limit * bent, (memory, bent)

    def backward(params: Params, memory: Any, by_logits: np.ndarray) -> Params:
        inner, bent = memory
        return policy.backward(params, inner, by_logits * limit / temperature * (1 - bent**2))

    return dataclasses.replace(policy, step=step, forward=forward, backward=backward)


def batch_of(steps: Steps, sequences: Sequence[Sequence[int]]) -> Batch:
    """Sequences with what was allowed as they were drawn."""
    allowed = np.zeros((len(sequences), len(steps.sizes), max(steps.sizes)), bool)
    for row, actions in enumerate(sequences):
        for number, size in enumerate(steps.sizes):
            if actions[number] != INACTIVE:
                allowed[row, number, :size] = steps.allowed(actions[:number])
    return Batch(np.array(sequences), allowed)


def log_probabilities(policy: Policy, params: Params, batch: Batch) -> np.ndarray:
    """Logarithms of the probabilities of sequences, float64 [batch]."""
    logs = _log_softmax(policy.forward(params, batch.actions)[0], batch)
    return _taken(logs, batch).sum(1)


def ascent(policy: Policy, params: Params, batch: Batch, weights: np.ndarray, entropy: float = 0.0) -> Params:
    """Derivatives of sum_i weights_i log p(sequence i) + entropy * sum_i (entropies of its steps' distributions)."""
    logits, memory = policy.forward(params, batch.actions)
    logs = _log_softmax(logits, batch)
    p = np.exp(logs) * batch.allowed
    counts = batch.actions != INACTIVE
    by_logits = -p * weights[:, None, None]
    rows, columns = np.nonzero(counts)
    by_logits[rows, columns, batch.actions[counts]] += weights[rows]
    if entropy:
        mean = (p * logs).sum(-1, keepdims=True)
        by_logits -= entropy * p * (logs - mean)
    return policy.backward(params, memory, by_logits * counts[..., None])


def _log_softmax(logits: np.ndarray, batch: Batch) -> np.ndarray:
    """Log-probabilities of every step's allowed options; 0 elsewhere."""
    lowered = np.where(batch.allowed, logits, -np.inf)
    top = np.where(batch.allowed.any(-1), lowered.max(-1), 0.0)[..., None]
    total = np.where(batch.allowed, np.exp(logits - top), 0.0).sum(-1, keepdims=True)
    return np.where(batch.allowed, logits - top - np.log(np.where(total > 0, total, 1.0)), 0.0)


def _taken(logs: np.ndarray, batch: Batch) -> np.ndarray:
    taken = np.take_along_axis(logs, np.maximum(batch.actions, 0)[..., None], -1)[..., 0]
    return np.where(batch.actions != INACTIVE, taken, 0.0)
