"""Forms of the second units of separable convolutions, pixel-major: a group for each edge and kind."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.grouped import FORMS, convolve
from dartsx.kernels.window import Window
from dartsx.runtime import jit

# Pixels, channels of a group, groups: the first block of a normal cell at the three widths of a full supernet.
SHAPES = {"full": ((32, 16, 16), (16, 32, 16), (8, 64, 16)), "small": ((8, 4, 4),)}
BATCH = 64
BLOCK, BLOCKS = 10, 5


def compiled(size: str) -> dict[str, Callable[[], float]]:
    """For every shape and form the function that measures seconds of value and derivatives in bfloat16."""
    programs = {}
    for pixels, channels, groups in SHAPES.get(size, SHAPES["full"]):
        x = jax.random.normal(jax.random.key(0), (BATCH, pixels, pixels, channels * groups), jnp.bfloat16)
        kernel = jax.random.normal(jax.random.key(1), (5, 5, channels, channels * groups), jnp.bfloat16)
        for form in FORMS:
            if form == "dense" and channels > 32:
                continue
            step = jit(jax.value_and_grad(lambda x, k, g=groups, f=form: _sum(x, k, g, f), (0, 1)))
            program = step.lower(x, kernel).compile()
            label = f"{pixels}x{pixels}, {groups} groups of {channels}, {form}"
            programs[label] = lambda program=program, x=x, kernel=kernel: _seconds(program, x, kernel)
    return programs


def _sum(x: jax.Array, kernel: jax.Array, groups: int, form: str) -> jax.Array:
    y = convolve(x, kernel, Window.even(1, 2), Forms(form=form), groups)
    return jnp.sum(jnp.square(y.astype(jnp.float32)))


def _seconds(program, x, kernel) -> float:
    jax.block_until_ready(program(x, kernel))
    found = []
    for _ in range(BLOCKS):
        begun = time.perf_counter()
        for _ in range(BLOCK):
            result = program(x, kernel)
        jax.block_until_ready(result)
        found.append((time.perf_counter() - begun) / BLOCK)
    return statistics.median(found)
