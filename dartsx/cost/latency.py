"""Measured latency of a network on the present device."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.runtime import jit
from dartsx.spaces import Space


class Latency(NamedTuple):
    """Times of warm calls, in seconds.

    Attributes:
      median: median of the calls.
      low, high: first and third quartile.
      repeats: number of calls measured.
      batch: images per call.
      device: kind of the device, such as "cpu" or "NVIDIA H100".
    """

    median: float
    low: float
    high: float
    repeats: int
    batch: int
    device: str


def measure_latency(
    module: nn.Module,
    image_shape: int | Sequence[int],
    batch: int = 1,
    repeats: int = 30,
    warmup: int = 3,
    mixture: Mapping[str, jax.Array] | None = None,
) -> Latency:
    """Compiles the network's forward pass in evaluation mode and times it.

    Every call is waited for until its logits are ready. Weights are zeros and not initialised, as their values do not
    matter to the time; images are on the device already.

    Args:
      module: a network or supernet of `dartsx.nn`.
      image_shape: (height, width, channels), or one number for square images of 3 channels.
      batch: images per call, 1 or more.
      repeats: calls to measure, 2 or more.
      warmup: calls before them, 1 or more; the first one compiles.
      mixture: what a supernet reads besides the images, such as `uniform_mixture`; None for networks.

    Raises:
      ValueError: a number is below its minimum.
    """
    for name, value, least in (("batch", batch, 1), ("repeats", repeats, 2), ("warmup", warmup, 1)):
        if value < least:
            raise ValueError(f"{name} is {value}; allowed: {least} or more")
    shape = (image_shape, image_shape, 3) if isinstance(image_shape, int) else tuple(image_shape)
    inputs = [jnp.zeros((batch, *shape)), *([] if mixture is None else [mixture])]
    seconds = _time(_forward(module, inputs), repeats, warmup)
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return Latency(median, low, high, repeats, batch, jax.devices()[0].device_kind)


def uniform_mixture(space: Space) -> dict[str, jax.Array]:
    """The mixture in which all options of a decision weigh the same."""
    return {name: jnp.full(shape, 1 / shape[-1]) for name, shape in space.alpha_shapes.items()}


def _forward(module: nn.Module, inputs: Sequence[Any]) -> Callable[[], Any]:
    """The compiled forward pass as a call without arguments."""
    like = jax.eval_shape(lambda key: module.init(key, *inputs, train=False), jax.random.key(0))
    variables = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), like)
    apply = jit(lambda variables, *inputs: module.apply(variables, *inputs, train=False))
    return lambda: apply(variables, *inputs)


def _time(call: Callable[[], Any], repeats: int, warmup: int) -> list[float]:
    """Seconds of `repeats` calls after `warmup` others, each until its result is ready."""
    seconds = []
    for _ in range(warmup + repeats):
        start = time.perf_counter()
        jax.block_until_ready(call())
        seconds.append(time.perf_counter() - start)
    return seconds[warmup:]
