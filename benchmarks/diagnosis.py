"""What a diagnosis of a search costs beside a search step, in NAS-Bench-201 at a small size.

``python -m benchmarks.diagnosis``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.records import machine
from dartsx import optim
from dartsx.nn import supernet_of
from dartsx.runtime import jit
from dartsx.search import Batch, SearchProblem, darts, init_state, make_diagnosis, make_step
from dartsx.spaces import NB201

CHANNELS, CELLS, BATCH, PIXELS, BATCHES, PRODUCTS = 8, 1, 64, 16, 8, 10


def seconds(function: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Seconds of the first call, compilation included, and the median of those after it."""
    measured = []
    for _ in range(times + 1):
        started = time.monotonic()
        jax.block_until_ready(function())
        measured.append(time.monotonic() - started)
    return measured[0], statistics.median(measured[1:])


def main() -> None:
    """Prints both."""
    rate = optim.cosine_per_epoch(0.025, 0.001, 50, 390)
    optimizers = optim.sgd(rate, 0.9, 3e-4, 5.0), optim.adam(3e-4, 0.5, 0.999, 1e-3)
    supernet = supernet_of(NB201, channels=CHANNELS, layers=CELLS)
    problem = SearchProblem(supernet, darts(), *optimizers, rate, 0.9, 3e-4, total_steps=19_500)
    shape = (PIXELS, PIXELS, 3)
    state = jit(lambda key: init_state(problem, key, shape))(jax.random.key(0))
    batch = Batch(jax.random.normal(jax.random.key(1), (BATCH, *shape)), jnp.arange(BATCH) % 10)
    batches = jax.tree.map(lambda leaf: jnp.stack([leaf] * BATCHES), batch)
    one_hot = jax.tree.map(np.float32, NB201.encode(NB201.sample(np.random.default_rng(0))))
    step, diagnose = jit(make_step(problem)), make_diagnosis(problem, PRODUCTS)
    first_step, one_step = seconds(lambda: step(state, batch, batch))
    first, one = seconds(lambda: diagnose(state, batch, batches, one_hot))
    print(f"{machine()}; C={CHANNELS}, {CELLS} cell a stage, batch {BATCH}, {PIXELS}x{PIXELS}, {PRODUCTS} products")
    print(f"step       {one_step:.3f} s, first {first_step:.1f} s")
    print(f"diagnosis  {one:.3f} s = {one / one_step:.0f} steps, first {first:.1f} s")


if __name__ == "__main__":
    main()
