"""Derivatives of convolutions outside and inside of a loop: as JAX writes them, and as dartsx does for CPUs.

    python -m benchmarks.loops

Median seconds of BLOCKS single steps, and of a scan of STEPS of them for each step. Maps are 16x16 pixels of 16
channels, 32 images; kernels 3x3.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from benchmarks.timing import seconds
from dartsx.kernels.pixel_major.library import plain, steady
from dartsx.kernels.window import Window
from dartsx.runtime import jit

STEPS, BLOCKS = 10, 5
WINDOW = Window.even(1, 1)


def main() -> None:
    """Prints a line for each derivative and way to write it."""
    x = jax.random.normal(jax.random.key(0), (32, 16, 16, 16))
    kernel = jax.random.normal(jax.random.key(1), (3, 3, 16, 16)) / 12
    for name, argument in (("input", 0), ("kernel", 1)):
        for label, convolve in (("JAX", plain), ("dartsx", steady)):

            def step(kernel, x, convolve=convolve, argument=argument):
                loss = lambda x, kernel: jnp.sum(jnp.square(convolve(x, kernel, WINDOW)))  # noqa: E731
                return kernel - 1e-6 * jnp.mean(jax.grad(loss, argument)(x, kernel))

            def many(kernel, x, step=step):
                return jax.lax.scan(lambda kernel, _: (step(kernel, x), None), kernel, length=STEPS)[0]

            alone, looped = measured(jit(step), kernel, x), measured(jit(many), kernel, x) / STEPS
            print(f"derivative by the {name:6}  {label:6}  alone {seconds(alone)}, in a scan {seconds(looped)}")


def measured(program: Callable, *arguments: jax.Array) -> float:
    """Median seconds of a call."""
    jax.block_until_ready(program(*arguments))
    found = []
    for _ in range(BLOCKS):
        begun = time.perf_counter()
        jax.block_until_ready(program(*arguments))
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


if __name__ == "__main__":
    main()
