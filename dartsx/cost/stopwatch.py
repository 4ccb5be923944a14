"""Times a block, or a whole network, on the present device: forward pass in evaluation mode, without the call.

A call of a compiled program costs tens of microseconds before and after it computes anything, more than many a block.
So a block runs many times inside one program: a loop whose every pass reads a number that the pass before has written,
so that none can be left out or moved. The time of the same program without a pass is taken off.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.cost.pieces import Piece
from dartsx.kernels.moments import inverse_deviation
from dartsx.kernels.pixel_major.batch_norm import affine
from dartsx.kernels.pixel_major.execute import Context, evaluate
from dartsx.networks import Step
from dartsx.networks.layers import Input, Norm
from dartsx.networks.open.place import ROOT
from dartsx.runtime import jit

UNROLLED = 8  # passes of the inner loop, whose number the compiler knows; a GPU need not ask the host between them
SAMPLE_SECONDS = 0.001  # least time of a sample; longer ones are interrupted more often
WARMUP = 3  # samples before those that count


class Times(NamedTuple):
    """Milliseconds of a pass over one batch.

    Attributes:
      median: median of the samples.
      low, high: first and third quartile.
      least: the shortest.
      samples: number of samples.
      passes: passes in each, of which a sample is the mean.
      empty: milliseconds of a call without a pass, which were taken off.
    """

    median: float
    low: float
    high: float
    least: float
    samples: int
    passes: int
    empty: float


def measure(piece: Piece, batch: int = 1, dtype: str = "float32", samples: int = 50) -> Times:
    """Compiles a closed block and times it; the same layers compute as in `dartsx.nn.DescribedNetwork`.

    Weights and inputs are normal random numbers and lie on the device.

    Args:
      piece: a closed block, or a network by `pieces.whole`.
      batch: images of a pass, 1 or more.
      dtype: dtype of the activations; weights are float32.
      samples: samples that count, 2 or more.

    Raises:
      ValueError: a number is below its minimum.
    """
    for name, value, least in (("batch", batch, 1), ("samples", samples, 2)):
        if value < least:
            raise ValueError(f"{name} is {value}; allowed: {least} or more")
    timed, given = program(piece), arguments(piece, batch, dtype)

    def run(loops: int) -> float:
        start = time.perf_counter()
        jax.block_until_ready(timed(loops, given))
        return time.perf_counter() - start

    run(0)  # compiles
    empty = min(run(0) for _ in range(samples))
    loops = 1
    while (seconds := min(run(loops) for _ in range(10)) - empty) < SAMPLE_SECONDS:
        loops *= math.ceil(min(64, max(2, SAMPLE_SECONDS / max(seconds, 1e-9))))
    for _ in range(WARMUP):
        run(loops)
    passes = loops * UNROLLED
    times = [1e3 * max(run(loops) - empty, 0) / passes for _ in range(samples)]
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return Times(median, low, high, min(times), samples, passes, 1e3 * empty)


def program(piece: Piece) -> Callable[[int, Arguments], Any]:
    """The loop that is compiled, as a function of its number of rounds and of what a pass reads."""
    compute = forward(piece)

    @jit
    def run(loops: int, given: Arguments) -> Any:
        def a_pass(_: int, results: Any) -> Any:
            one = lax.slice(results[0], (0,) * results[0].ndim, (1,) * results[0].ndim)
            which = jnp.int32(one.sum() > 1e30)  # 0, but not for the compiler
            x = lax.dynamic_index_in_dim(given.copies, which, keepdims=False)
            return compute([x, *given.others], given)

        like = jax.eval_shape(lambda given: compute([given.copies[0], *given.others], given), given)
        first = tuple(jnp.zeros(shape.shape, shape.dtype) for shape in like)
        return lax.fori_loop(0, loops, lambda _, results: lax.fori_loop(0, UNROLLED, a_pass, results), first)

    return run


class Arguments(NamedTuple):
    """What a pass reads: two copies of the first input, the other inputs, weights and running statistics by layer."""

    copies: jax.Array
    others: list[jax.Array]
    weights: dict[str, dict[str, jax.Array]]
    statistics: dict[str, dict[str, jax.Array]]


def arguments(piece: Piece, batch: int, dtype: str) -> Arguments:
    """Normal random numbers, always the same."""
    rng = np.random.default_rng(0)

    def draw(shape: tuple[int, ...], like: str = "float32") -> jax.Array:
        return jnp.asarray(rng.standard_normal(shape, np.float32), like)

    first, *others = (draw((batch, *shape), dtype) for shape in piece.inputs)
    steps = _steps(piece)
    weights = {step.name: {name: draw(weight.shape) for name, weight in step.weights.items()} for step in steps}
    norms = [step for step in steps if isinstance(step.layer, Norm)]
    statistics = {
        step.name: {"mean": draw(step.shape[-1:]), "var": jnp.square(draw(step.shape[-1:]))} for step in norms
    }
    return Arguments(jnp.stack([first, first]), others, weights, statistics)


def forward(piece: Piece) -> Callable[[list[jax.Array], Arguments], tuple[jax.Array, ...]]:
    """A pass as a function of the block's inputs and of its weights and statistics."""
    steps = _steps(piece)

    def compute(inputs: list[jax.Array], given: Arguments) -> tuple[jax.Array, ...]:
        def normalize(name: str, x: jax.Array, own: Any, epsilon: float) -> jax.Array:
            scale, bias = (own.get(part, jnp.full(x.shape[-1:], plain)) for part, plain in (("scale", 1), ("bias", 0)))
            mean, variance = given.statistics[name]["mean"], given.statistics[name]["var"]
            return affine(x, mean, inverse_deviation(variance, epsilon), scale, bias)

        values = evaluate(steps, inputs, given.weights, Context(normalize))
        return tuple(values[i] for i in piece.results)

    return compute


def _steps(piece: Piece) -> list[Step]:
    """The piece as steps of a trace; its inputs come first."""
    shapes, steps = piece.shapes, []
    for shape in piece.inputs:
        steps.append(Step(f"input{len(steps)}", Input(shape), (), (), shape, "", ROOT, ()))
    for op in piece.ops:
        read = tuple(shapes[i] for i in op.inputs)
        steps.append(Step(f"layer{len(steps)}", op.layer, op.inputs, read, op.shape, "", ROOT, ()))
    return steps
