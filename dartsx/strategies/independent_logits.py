"""A policy of one table of logits: every step has a distribution of its own, whatever was drawn before."""

from collections.abc import Sequence

import numpy as np

from dartsx.strategies.adam import Params
from dartsx.strategies.policy import Policy


def independent_logits() -> Policy:
    """The policy; at the start all options are as likely. Parameters: ``logits`` [steps, options]."""
    return Policy(_init, _start, _step, _remember, _forward, _backward)


def _init(sizes: Sequence[int], rng: np.random.Generator) -> Params:
    del rng
    return {"logits": np.zeros((len(sizes), max(sizes)))}


def _start(params: Params, batch: int) -> None:
    return None


def _step(params: Params, memory: None, number: int) -> tuple[np.ndarray, None]:
    return params["logits"][number : number + 1], None


def _remember(params: Params, memory: None, number: int, actions: np.ndarray) -> None:
    return None


def _forward(params: Params, actions: np.ndarray) -> tuple[np.ndarray, None]:
    return np.broadcast_to(params["logits"], (len(actions), *params["logits"].shape)), None


def _backward(params: Params, memory: None, by_logits: np.ndarray) -> Params:
    return {"logits": by_logits.sum(0)}
