"""Measured latency of a network on the present device."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.nn import Supernet
from dartsx.runtime import jit


class Latency(NamedTuple):
    """Times of warm calls, in seconds.

    Attributes:
      median: of the calls.
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
) -> Latency:
    """Compiles the network's forward pass in evaluation mode and times it.

    Every call is waited for until its logits are ready. Weights are zeros and not initialised, as their values do not
    matter to the time; images are on the device already.

    Args:
      module: a network or supernet of `dartsx.nn` (a supernet gets the uniform mixture).
      image_shape: (height, width, channels), or one number for square images of 3 channels.
      batch: images per call, 1 or more.
      repeats: calls to measure, 2 or more.
      warmup: calls before them, 1 or more; the first one compiles.

    Raises:
      ValueError: a number is below its minimum.
    """
    for name, value, least in (("batch", batch, 1), ("repeats", repeats, 2), ("warmup", warmup, 1)):
        if value < least:
            raise ValueError(f"{name} is {value}; allowed: {least} or more")
    shape = (image_shape, image_shape, 3) if isinstance(image_shape, int) else tuple(image_shape)
    seconds = _time(_forward(module, jnp.zeros((batch, *shape))), repeats, warmup)
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return Latency(median, low, high, repeats, batch, jax.devices()[0].device_kind)


def _forward(module: nn.Module, images: jax.Array) -> Callable[[], Any]:
    """The compiled forward pass as a call without arguments."""
    inputs = [images]
    if isinstance(module, Supernet):
        shapes = module.space.alpha_shapes
        inputs.append({name: jnp.full(shape, 1 / shape[-1]) for name, shape in shapes.items()})
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
