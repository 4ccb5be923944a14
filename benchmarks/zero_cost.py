"""Zero-cost proxies against the test accuracies of NAS-Bench-201: rank correlations over a fixed draw of cells.

``python -m benchmarks.zero_cost cifar-small.npz`` (arrays as `benchmarks.small_cifar` writes them)

The supernet with initial weights stands for all cells, at a size for two CPU cores, so that figures differ from the
published ones, which are those of all cells at full size.
"""

from __future__ import annotations

import functools
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import spearmanr

from benchmarks.records import machine
from dartsx.nn import supernet_of
from dartsx.objectives.untrained import PROXIES, untrained
from dartsx.runtime import run_once
from dartsx.spaces import NB201
from dartsx.tabular import load_nb201

CELLS, CHANNELS, LAYERS, BATCH = 200, 8, 1, 64
PUBLISHED = {"gradient_norm": 0.594, "snip": 0.596, "grasp": 0.514, "synflow": 0.737, "jacobian_covariance": 0.731}


def main(path: str) -> None:
    """Prints a row per proxy."""
    with np.load(path) as file:
        images, labels = file["x_train"][:BATCH], file["y_train"][:BATCH]
    inputs = jnp.asarray((images - images.mean((0, 1, 2))) / images.std((0, 1, 2)), jnp.float32)
    rng = np.random.default_rng(0)
    cells = [NB201.sample(rng) for _ in range(CELLS)]
    supernet = supernet_of(NB201, channels=CHANNELS, layers=LAYERS, classes=10)
    mixture = {name: jnp.asarray(rows, jnp.float32) for name, rows in NB201.encode(cells[0]).items()}
    init = functools.partial(supernet.init, train=True)
    variables = run_once(lambda key: init(key, inputs, mixture), jax.random.key(0))
    started = time.monotonic()
    scores = untrained(supernet, variables, inputs, jnp.asarray(labels, jnp.int32))(cells)
    seconds = time.monotonic() - started
    table = load_nb201()
    accuracies = [table.accuracy(cell) for cell in cells]
    print(f"{CELLS} cells, {CHANNELS} channels, {LAYERS} cell(s) a stage, {BATCH} images of {inputs.shape[1]} pixels")
    print(f"{machine()}; {seconds:.0f} s")
    print("proxy                 Spearman  published (arXiv:2101.08134, all cells, full size)")
    for name in PROXIES:
        values = np.nan_to_num([score[name] for score in scores], nan=-np.inf, neginf=-np.inf, posinf=np.inf)
        print(f"{name:20s}  {spearmanr(values, accuracies).statistic:8.3f}  {PUBLISHED[name]:.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.zero_cost ARRAYS.npz")
    main(sys.argv[1])
