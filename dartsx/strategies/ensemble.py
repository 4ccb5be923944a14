"""A small ensemble of networks that predict a score, in NumPy.

Each member has two hidden layers with ReLU and is trained on all examples by Adam on the mean absolute error, from
initial weights of its own. All members are computed together, as batches of matrix products.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dartsx.strategies.adam import Params, adam_init, adam_step

PENALTY = 1e-4  # of the squares of weights


class Ensemble(NamedTuple):
    """Parameters [members, ...], and mean and standard deviation of the scores that it was trained on."""

    params: Params
    mean: float
    std: float


def fit(
    inputs: np.ndarray, scores: np.ndarray, members: int, hidden: int, steps: int, rate: float, rng: np.random.Generator
) -> Ensemble:
    """Train an ensemble.

    Args:
      inputs: float64 [examples, features].
      scores: float64 [examples].
      members: networks.
      hidden: units of each hidden layer.
      steps: number of steps of Adam, each on all examples.
      rate: learning rate of Adam.
      rng: draws initial weights.
    """
    mean, std = float(scores.mean()), float(scores.std()) or 1.0
    wanted = (scores - mean) / std
    sizes = (inputs.shape[1], hidden, hidden, 1)
    params: Params = {}
    for layer, (before, after) in enumerate(zip(sizes, sizes[1:], strict=False)):
        params[f"w{layer}"] = rng.normal(size=(members, before, after)) * np.sqrt(2 / max(before, 1))
        params[f"b{layer}"] = np.zeros((members, 1, after))
    state = adam_init(params)
    for _ in range(steps):
        params, state = adam_step(params, _gradients(params, inputs, wanted), state, rate)
    return Ensemble(params, mean, std)


def predict(ensemble: Ensemble, inputs: np.ndarray) -> np.ndarray:
    """Scores by each member, float64 [members, examples]."""
    return _forward(ensemble.params, inputs)[-1][..., 0] * ensemble.std + ensemble.mean


def _forward(params: Params, inputs: np.ndarray) -> list[np.ndarray]:
    """Outputs of all layers, [members, examples, units] each."""
    first = np.maximum(inputs @ params["w0"] + params["b0"], 0)
    second = np.maximum(first @ params["w1"] + params["b1"], 0)
    return [first, second, second @ params["w2"] + params["b2"]]


def _gradients(params: Params, inputs: np.ndarray, wanted: np.ndarray) -> Params:
    first, second, output = _forward(params, inputs)
    by_output = np.sign(output - wanted[None, :, None]) / len(wanted)
    by_second = (by_output @ params["w2"].swapaxes(1, 2)) * (second > 0)
    by_first = (by_second @ params["w1"].swapaxes(1, 2)) * (first > 0)
    grads = {}
    layers = zip((inputs[None], first, second), (by_first, by_second, by_output), strict=True)
    for layer, (before, by_after) in enumerate(layers):
        grads[f"w{layer}"] = before.swapaxes(1, 2) @ by_after + PENALTY * params[f"w{layer}"]
        grads[f"b{layer}"] = by_after.sum(1, keepdims=True)
    return grads
