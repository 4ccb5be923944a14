"""A stand-in for the supernet: its contract, a planted best primitive on every edge, compiled in a second.

It is linear in mixture and weights, so that every gradient can be written by hand.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy import special

from dartsx import optim
from dartsx.search import Batch, SearchProblem, Task, compose, init_state
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


VISIBLE = visible()


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

    def apply(self, variables, images, mixture, train, mutable=(), rngs=None):
        x = images.mean((1, 2)).astype(self.dtype)
        logits, seen = 0, dict.fromkeys(PLANTED, 0)
        for i, name in enumerate(TYPES):
            rows = mixture[name]
            rows = rows[seen[name]] if rows.ndim == 3 else rows
            seen[name] += 1
            for p, weights in variables["params"][f"cell{i}"].items():
                column = SPACE.primitives.index(p)
                scale = (rows[:, column, None] * VISIBLE[name][:, column]).astype(self.dtype)
                logits += jnp.einsum("nc,ec,ecd->nd", x, scale, weights["kernel"].astype(self.dtype))
        logits = logits.astype(_wide(self.dtype))
        if mutable:
            return logits, {"batch_stats": {"passes": variables["batch_stats"]["passes"] + 1}}
        return logits

    def _kernel(self, key, shape):
        """Weights that have begun to learn, as after a warm-up: every visible channel counts as it does in training."""
        learned = (0.5 * jnp.eye(*shape[1:], dtype=_wide(self.dtype))).at[-1].set(0.2 * (jnp.arange(CLASSES) - 1))
        return learned + 0.03 * jax.random.normal(key, shape, jnp.dtype(_wide(self.dtype)))


def _wide(dtype):
    """The dtype of weights, alphas and logits where activations have this one."""
    return "float64" if dtype == "float64" else "float32"


RATE, MOMENTUM, DECAY, CLIP = 0.1, 0.9, 3e-4, 5.0
STEPS = 300


def problem(names, alpha_optimizer=None, dtype="float64", hypergradient="first_order", init_scale=0.1, **options):
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


def batches(seed=0, dtype=np.float64, size=BATCH):
    """A training and a validation batch of images whose class is the brightest of the first channels.

    The last channel tells the class too in training, but the opposite in validation: what only sees that one overfits.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, (2, size))
    signal = np.eye(CLASSES, CHANNELS)[labels]
    signal[..., -1] = 0.5 * (labels - 1) * np.array([[1], [-1]])
    images = signal[:, :, None, None] + 0.5 * rng.normal(size=(2, size, 2, 2, CHANNELS))
    return [Batch(jnp.asarray(x, dtype), jnp.asarray(y)) for x, y in zip(images, labels, strict=True)]


AT = 60  # the step at which formulas are checked: progress 0.2
IMAGE = (2, 2, CHANNELS)
# With what the paper leaves out by default.
FURTHER = {"drnas": {"drnas": {"penalty": 1e-3}}}


# Rewards that were had before, where alphas learn from those.
REMEMBERED = {"tunas": {"learning": {"baseline": jnp.array(0.3125), "weight": jnp.array(0.4)}}}


def midway(name, dtype="float64"):
    """A search whose alphas move by plain gradients, and its state at step AT with alphas that have spread."""
    searched = problem(name, optax.sgd(1.0), dtype, **FURTHER.get(name, {}))
    state = init_state(searched, jax.random.key(3), IMAGE)
    alpha = jax.tree.map(lambda rows: 5 * rows.astype(_wide(dtype)), state.alpha)
    memory = state.memory | REMEMBERED.get(name, {})
    return searched, state._replace(alpha=alpha, step=jnp.int32(AT), memory=memory)


class ByHand:
    """Loss and gradients of the stand-in in NumPy."""

    def __init__(self, params, batch):
        self.params = params
        self.x = np.asarray(batch.images).mean((1, 2))
        self.target = np.eye(CLASSES)[np.asarray(batch.labels)]

    def _terms(self, mixture):
        """(cell, its type, its number among them, column of the primitive, its weights by edge, kernel)."""
        seen = dict.fromkeys(PLANTED, 0)
        for i, name in enumerate(TYPES):
            for primitive, weights in self.params[f"cell{i}"].items():
                column = SPACE.primitives.index(primitive)
                rows = mixture[name][seen[name]] if mixture[name].ndim == 3 else mixture[name]
                yield i, name, seen[name], column, rows[:, column], np.asarray(weights["kernel"])
            seen[name] += 1

    def residual(self, mixture):
        logits = 0
        for _, name, _, column, rows, kernel in self._terms(mixture):
            logits = logits + np.einsum("nc,ec,ecd,e->nd", self.x, VISIBLE[name][:, column], kernel, rows)
        self.logits = logits
        return (special.softmax(logits, 1) - self.target) / len(self.x)

    def loss(self, mixture):
        self.residual(mixture)
        return (special.logsumexp(self.logits, 1) - (self.logits * self.target).sum(1)).mean()

    def of_mixture(self, mixture):
        """d loss / d mixture, in the shape of the mixture."""
        residual = self.residual(mixture)
        gradient = {name: np.zeros(rows.shape) for name, rows in mixture.items() if "/" not in name}
        for _, name, n, column, _, kernel in self._terms(mixture):
            per_edge = np.einsum("nc,ec,ecd,nd->e", self.x, VISIBLE[name][:, column], kernel, residual)
            (gradient[name][n] if gradient[name].ndim == 3 else gradient[name])[:, column] += per_edge
        return gradient

    def of_weights(self, mixture):
        residual, gradient = self.residual(mixture), {}
        for i, name, _, column, rows, _ in self._terms(mixture):
            seen = VISIBLE[name][:, column]
            kernel = np.einsum("nc,ec,nd,e->ecd", self.x, seen, residual, rows)
            gradient.setdefault(f"cell{i}", {})[SPACE.primitives[column]] = {"kernel": kernel}
        return gradient
