"""Initial weights, by fan-in.

Cells have those of the original DARTS code: uniform in +- 1 / sqrt(fan-in), PyTorch's default. Described networks have
normal ones. Either way those of a whole network come from one call of the generator (`init_at_once`, `normal`): every
call is some kernels more; for the hundreds of arrays of a network of 20 cells they took 20 s to compile.
"""

from __future__ import annotations

import contextlib
import contextvars
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.networks.layers import Linear, Weight
from dartsx.networks.step import Step


def uniform(key: jax.Array, shape: tuple[int, ...], fan_in: int, dtype=jnp.float32) -> jax.Array:
    """Uniform in [-1/sqrt(fan_in), 1/sqrt(fan_in)): variance 1 / (3 fan_in)."""
    bound = 1 / math.sqrt(fan_in)
    draws = _draws.get()
    if draws is not None:
        return (bound * draws.take(shape)).astype(dtype)
    return jax.random.uniform(key, shape, dtype, -bound, bound)


def stacked(key: jax.Array, weights: Mapping[str, Weight], *lead: int) -> dict[str, jax.Array]:
    """Arrays [*lead, *shape] for every entry of `weights`."""
    keys = jax.random.split(key, max(len(weights), 1))
    return {
        name: uniform(k, (*lead, *weight.shape), weight.fan_in)
        for k, (name, weight) in zip(keys, weights.items(), strict=False)
    }


def normal(key: jax.Array, steps: Sequence[Step]) -> dict[str, dict[str, jax.Array]]:
    """First weights of all layers, normal: one draw for all of them, which compiles in no time.

    Variance 2 / fan-in for convolutions (arXiv:1502.01852), 1 / (3 fan-in) for linear layers; biases 0, scales of
    batch norms 1.
    """
    noise = jax.random.normal(key, (sum(int(step.params) for step in steps),))
    weights: dict[str, dict[str, jax.Array]] = {}
    at = 0
    for step in steps:
        for name, (shape, fan_in) in step.weights.items():
            shape = tuple(map(int, shape))  # of open numbers the widest
            size = math.prod(shape)
            gain = 1 / 3 if isinstance(step.layer, Linear) else 2
            first = jnp.full(shape, float(name == "scale"))
            if fan_in:
                first = math.sqrt(gain / int(fan_in)) * noise[at : at + size].reshape(shape)
            weights.setdefault(step.name, {})[name], at = first, at + size
    return weights


def init_at_once(module: nn.Module, key: jax.Array, *args: Any) -> Any:
    """``module.init(key, *args)`` with the values of `uniform` from one draw, in the order in which they are asked for.

    A first, abstract call finds how many there are.
    """
    counted = _Draws(None)
    with _drawn_from(counted):
        jax.eval_shape(lambda key: module.init(key, *args), key)
    values = jax.random.uniform(jax.random.fold_in(key, 0), (counted.used,), minval=-1, maxval=1)
    with _drawn_from(_Draws(values)):
        return module.init(key, *args)


class _Draws:
    """Hands out consecutive parts of an array, or zeros if there is none yet, and counts."""

    def __init__(self, values: jax.Array | None):
        self.values, self.used = values, 0

    def take(self, shape: tuple[int, ...]) -> jax.Array:
        start, self.used = self.used, self.used + math.prod(shape)
        return jnp.zeros(shape) if self.values is None else self.values[start : self.used].reshape(shape)


_draws: contextvars.ContextVar[_Draws | None] = contextvars.ContextVar("draws", default=None)


@contextlib.contextmanager
def _drawn_from(draws: _Draws) -> Iterator[None]:
    token = _draws.set(draws)
    try:
        yield
    finally:
        _draws.reset(token)
