"""The controller of NAS and NASNet (arXiv:1611.01578, 1707.07012): an LSTM that reads what it has drawn.

One layer; every option of every step has an embedding, every step its own linear layer to logits. What does not count
is skipped. Weights start uniformly in [-0.1, 0.1]. In NumPy, as its products are too small for anything else:

    i, f, g, o = sigmoid, sigmoid, tanh, sigmoid of x W + h U + b;  c = f c + i g;  h = o tanh(c);  logits = V_step h
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from dartsx.strategies.adam import Params
from dartsx.strategies.policy import Policy
from dartsx.strategies.steps import INACTIVE

SCALE = 0.1


class Memory(NamedTuple):
    """What the LSTM holds, float64 [batch, hidden] each: the next input, the output and the cell state."""

    x: np.ndarray
    h: np.ndarray
    c: np.ndarray


class _Step(NamedTuple):
    before: Memory
    gates: tuple[np.ndarray, ...]
    after: Memory


def lstm_controller(hidden: int) -> Policy:
    """The policy with so many hidden units.

    Parameters: ``start`` [hidden], ``embedding`` [steps, options, hidden], ``inputs`` W and ``recurrent`` U
    [hidden, 4 hidden], ``bias`` [4 hidden], ``outputs`` V [steps, options, hidden].
    """
    return Policy(partial(_init, hidden), _start, _next, _remember, _forward, _backward)


def _init(hidden: int, sizes: Sequence[int], rng: np.random.Generator) -> Params:
    shapes = {
        "start": (hidden,),
        "embedding": (len(sizes), max(sizes), hidden),
        "inputs": (hidden, 4 * hidden),
        "recurrent": (hidden, 4 * hidden),
        "bias": (4 * hidden,),
        "outputs": (len(sizes), max(sizes), hidden),
    }
    return {name: rng.uniform(-SCALE, SCALE, shape) for name, shape in shapes.items()}


def _start(params: Params, batch: int) -> Memory:
    zeros = np.zeros((batch, len(params["start"])))
    return Memory(np.broadcast_to(params["start"], zeros.shape), zeros, zeros)


def _next(params: Params, memory: Memory, number: int) -> tuple[np.ndarray, Memory]:
    after = _cell(params, memory).after
    return after.h @ params["outputs"][number].T, after


def _remember(params: Params, memory: Memory, number: int, actions: np.ndarray) -> Memory:
    return memory._replace(x=params["embedding"][number, actions])


def _cell(params: Params, memory: Memory) -> _Step:
    z = memory.x @ params["inputs"] + memory.h @ params["recurrent"] + params["bias"]
    i, f, g, o = np.split(z, 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    c = f * memory.c + i * g
    return _Step(memory, (i, f, g, o), Memory(memory.x, o * np.tanh(c), c))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))


def _forward(params: Params, actions: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, list[_Step]]]:
    """Logits of given actions; sequences in which a step does not count keep their memory there."""
    memory, done = _start(params, len(actions)), []
    logits = np.zeros((*actions.shape, params["outputs"].shape[1]))
    for number in range(actions.shape[1]):
        counts = (actions[:, number] != INACTIVE)[:, None]
        step = _cell(params, memory)
        logits[:, number] = step.after.h @ params["outputs"][number].T
        known = _remember(params, step.after, number, np.maximum(actions[:, number], 0))
        memory = Memory(*(np.where(counts, new, old) for new, old in zip(known, memory, strict=True)))
        done.append(step)
    return logits, (actions, done)


def _backward(params: Params, memory: tuple[np.ndarray, list[_Step]], by_logits: np.ndarray) -> Params:
    actions, done = memory
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    by_x = by_h = by_c = np.zeros_like(done[0].after.h)
    for number in reversed(range(len(done))):
        counts = (actions[:, number] != INACTIVE)[:, None]
        before, (i, f, g, o), after = done[number]
        np.add.at(grads["embedding"][number], np.maximum(actions[:, number], 0), np.where(counts, by_x, 0.0))
        grads["outputs"][number] = by_logits[:, number].T @ after.h
        into_h = np.where(counts, by_h, 0.0) + by_logits[:, number] @ params["outputs"][number]
        tanh_c = np.tanh(after.c)
        into_c = np.where(counts, by_c, 0.0) + into_h * o * (1 - tanh_c**2)
        by_gates = (into_c * g * i * (1 - i), into_c * before.c * f * (1 - f), into_c * i * (1 - g**2))
        by_z = np.concatenate((*by_gates, into_h * tanh_c * o * (1 - o)), axis=1)
        grads["inputs"] += before.x.T @ by_z
        grads["recurrent"] += before.h.T @ by_z
        grads["bias"] += by_z.sum(0)
        by_x = by_z @ params["inputs"].T + np.where(counts, 0.0, by_x)
        by_h = by_z @ params["recurrent"].T + np.where(counts, 0.0, by_h)
        by_c = into_c * f + np.where(counts, 0.0, by_c)
    grads["start"] = by_x.sum(0)
    return grads
