"""A stand-in for the supernet: its contract, a planted best primitive on every edge, compiled in a second."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.search import Batch, SearchProblem, Task, compose
from dartsx.spaces import CellSpace

SPACE = CellSpace(primitives=("none", "skip_connect", "avg_pool_3x3", "sep_conv_3x3"), num_nodes=1)
PLANTED = {"normal": (3, 2), "reduce": (2, 3)}  # column by edge
CHANNELS, CLASSES, BATCH = 4, 3, 16
TYPES = ("normal", "reduce", "normal")


def visible() -> dict[str, np.ndarray]:
    """[edges, primitives, channels]: the planted primitive sees all channels, others only the last."""
    tables = {}
    for name, columns in PLANTED.items():
        table = np.zeros((len(columns), len(SPACE.primitives), CHANNELS))
        table[:, 1:, -1] = 1
        table[np.arange(len(columns)), columns] = 1
        tables[name] = table
    return tables


@dataclasses.dataclass(frozen=True)
class Synthetic:
    """Logits = sum over cells, edges and primitives but none of mixture * (visible mean pixel @ kernel)."""

    dtype: str = "float64"
    space = SPACE
    cells = {"normal": 2, "reduce": 1}

    def init(self, key, images, mixture, train):
        shape = (2, images.shape[-1], CLASSES)
        with_weights = SPACE.primitives[1:]
        named = iter(jax.random.split(key, len(TYPES) * len(with_weights)))
        params = {
            f"cell{i}": {p: {"kernel": self._kernel(next(named), shape)} for p in with_weights}
            for i in range(len(TYPES))
        }
        return {"params": params, "batch_stats": {"passes": jnp.zeros(())}}

    def apply(self, variables, images, mixture, train, mutable=()):
        x = images.mean((1, 2)).astype(self.dtype)
        logits, seen = 0, dict.fromkeys(PLANTED, 0)
        for i, name in enumerate(TYPES):
            rows = mixture[name]
            rows = rows[seen[name]] if rows.ndim == 3 else rows
            seen[name] += 1
            for p, weights in variables["params"][f"cell{i}"].items():
                column = SPACE.primitives.index(p)
                scale = (rows[:, column, None] * visible()[name][:, column]).astype(self.dtype)
                logits += jnp.einsum("nc,ec,ecd->nd", x, scale, weights["kernel"].astype(self.dtype))
        logits = logits.astype(self._wide())
        if mutable:
            return logits, {"batch_stats": {"passes": variables["batch_stats"]["passes"] + 1}}
        return logits

    def _kernel(self, key, shape):
        """Weights that have begun to learn, as after a warm-up: every visible channel counts as it does in training."""
        learned = (0.5 * jnp.eye(*shape[1:], dtype=self._wide())).at[-1].set(0.2 * (jnp.arange(CLASSES) - 1))
        return learned + 0.03 * jax.random.normal(key, shape, jnp.dtype(self._wide()))

    def _wide(self):
        return "float64" if self.dtype == "float64" else "float32"


RATE, MOMENTUM, DECAY, CLIP = 0.1, 0.9, 3e-4, 5.0
STEPS = 300


def make_problem(names, alpha_optimizer=None, dtype="float64", hypergradient="first_order", init_scale=0.1, **options):
    """A search of the stand-in by methods."""
    method = compose(names, Task(SPACE, Synthetic.cells), options, hypergradient, init_scale=init_scale)

    def rate(step):
        return RATE + 0.0 * step

    return SearchProblem(
        supernet=Synthetic(dtype),
        method=method,
        weight_optimizer=optim.sgd(rate, MOMENTUM, DECAY, CLIP),
        alpha_optimizer=alpha_optimizer or optim.adam(0.05, 0.5, 0.999, 1e-3),
        rate=rate,
        momentum=MOMENTUM,
        weight_decay=DECAY,
        total_steps=STEPS,
    )


def make_batches(seed=0, dtype=np.float64, size=BATCH):
    """A training and a validation batch of images whose class is the brightest of the first channels.

    The last channel tells the class too in training, but the opposite in validation: what only sees that one overfits.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, (2, size))
    signal = np.eye(CLASSES, CHANNELS)[labels]
    signal[..., -1] = 0.5 * (labels - 1) * np.array([[1], [-1]])
    images = signal[:, :, None, None] + 0.5 * rng.normal(size=(2, size, 2, 2, CHANNELS))
    return [Batch(jnp.asarray(x, dtype), jnp.asarray(y)) for x, y in zip(images, labels, strict=True)]


class StandIn(NamedTuple):
    """What the tests of methods use of this file."""

    space: CellSpace = SPACE
    planted: dict = PLANTED
    visible: dict = visible()
    types: tuple = TYPES
    steps: int = STEPS
    rate: float = RATE
    decay: float = DECAY
    clip: float = CLIP
    classes: int = CLASSES
    problem: Callable = make_problem
    batches: Callable = make_batches


@pytest.fixture(scope="session")
def stand_in():
    return StandIn()
