"""Zero-cost proxies against the test accuracies of NAS-Bench-201: rank correlations over a fixed draw of cells.

``python -m benchmarks.zero_cost cifar-small.npz`` (arrays as `benchmarks.small_cifar` writes them)
``python -m benchmarks.zero_cost cifar-small.npz --layers=1 --channels=8 --proxies=gradient_norm,grasp``

The published figures are those of all cells at full size: 5 cells a stage, 16 channels, 32x32 pixels, random crops.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import spearmanr

from benchmarks.records import machine
from dartsx.objectives.logged import Logged
from dartsx.objectives.objective import Scores
from dartsx.objectives.proxies import Probe, Proxy
from dartsx.objectives.untrained import PROXIES, Untrained
from dartsx.spaces import NB201, Scale
from dartsx.tabular import load_nb201

PUBLISHED = {
    "gradient_norm": 0.594,
    "snip": 0.596,
    "grasp": 0.514,
    "fisher": 0.36,
    "synflow": 0.737,
    "jacobian_covariance": 0.731,
}
BATCH = 64


def _whole_norm(probe: Probe) -> jax.Array:
    return jnp.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(probe.gradient) if leaf.ndim > 1))


# What the formulas could mean as well: the norm of the whole gradient instead of the sum over layers.
OWN: dict[str, Proxy] = {"norm of the gradient": _whole_norm}


def main(path: str, cells: int, channels: int, layers: int, names: Sequence[str], log: str) -> None:
    """Prints a row per proxy; where a log is given, scores that it holds are not computed again."""
    with np.load(path) as file:
        images, labels = file["x_train"][:BATCH], file["y_train"][:BATCH]
    inputs = (images - images.mean((0, 1, 2))) / images.std((0, 1, 2))
    rng = np.random.default_rng(0)
    drawn = [NB201.sample(rng) for _ in range(cells)]
    own = OWN if "gradient_norm" in names else {}
    objective = Untrained(NB201, inputs, labels, Scale(channels, layers, 10), names, own, compiled=False)
    started = time.monotonic()
    scored = Logged(objective, log) if log else objective
    scores = [scored([cell])[0] for cell in drawn]
    seconds = time.monotonic() - started
    print(
        f"{cells} cells, {channels} channels, {layers} cell(s) a stage, {BATCH} images of {inputs.shape[1]} pixels, "
        f"weights of PyTorch's variance, seed {objective.seed}"
    )
    print(f"{machine()}; {seconds:.0f} s")
    table = load_nb201()
    accuracies = np.array([table.accuracy(cell) for cell in drawn])
    show(objective.measures, scores, accuracies)


def show(names: Mapping[str, object], scores: Sequence[Scores], accuracies: np.ndarray) -> None:
    """Rank correlations; missing scores rank lowest."""
    connected = accuracies > 11  # the others are at chance: their outputs do not depend on the images
    print("proxy                 Spearman  connected cells  missing  published (arXiv:2101.08134)")
    for name in names:
        values = np.array([score.get(name, -np.inf) for score in scores])
        all_cells, some = (spearmanr(values[rows], accuracies[rows]).statistic for rows in (..., connected))
        missing = int(np.isinf(values).sum())
        print(f"{name:20s}  {all_cells:8.3f}  {some:15.3f}  {missing:7d}  {PUBLISHED.get(name, '')}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("arrays", help="file of benchmarks.small_cifar")
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--layers", type=int, default=5, help="cells of each of the three stages")
    parser.add_argument("--proxies", type=lambda text: text.split(","), default=list(PROXIES))
    parser.add_argument("--log", default="", help="keeps the scores; the same command resumes")
    given = parser.parse_args()
    main(given.arrays, given.cells, given.channels, given.layers, given.proxies, given.log)
