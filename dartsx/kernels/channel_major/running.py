"""Batch norms of one cell: which statistics normalise, and which are handed on to the running averages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major import norm

Key = tuple[str, str]  # primitive (or "pre0", "pre1"), norm
Stats = dict[str, jax.Array]  # "mean", "var": [edges or sources, C]
Running = dict[str, dict[str, Stats]]  # primitive -> norm -> statistics


def fresh(shapes: Mapping[Key, tuple[int, int]]) -> Running:
    """Statistics before the first batch: mean 0, variance 1, for norms of shape [n, C]."""
    running: Running = {}
    for (primitive, name), shape in shapes.items():
        stats = {"mean": jnp.zeros(shape), "var": jnp.ones(shape)}
        running.setdefault(primitive, {})[name] = stats
    return running


def updated(running: Running, batch: Mapping[Key, Stats]) -> Running:
    """Running averages after one more batch; every norm of `running` must be in `batch`."""
    return {
        primitive: {
            name: jax.tree.map(norm.update_running, stats, batch[primitive, name]) for name, stats in norms.items()
        }
        for primitive, norms in running.items()
    }


def concatenated(collected: Sequence[Mapping[Key, Stats]]) -> dict[Key, Stats]:
    """Statistics of several groups of edges (or sources), in their order, as one array per norm and kind."""
    keys = dict.fromkeys(key for batch in collected for key in batch)
    return {
        key: jax.tree.map(lambda *parts: jnp.concatenate(parts), *(batch[key] for batch in collected if key in batch))
        for key in keys
    }


@dataclasses.dataclass
class Norms:
    """Normalises and collects, during one trace of one block.

    Attributes:
      running: statistics to use instead of the batch's (evaluation), or None (training).
      affine: per norm (scale, bias), each [..., C], or None (search).
      activation: what follows a norm where asked for.
      batch: filled during training: the batch's statistics with the unbiased variance, [n, C].
    """

    running: Running | None
    affine: Mapping[Key, tuple[jax.Array, jax.Array]] | None = None
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    batch: dict[Key, Stats] = dataclasses.field(default_factory=dict)

    def __call__(self, keys: Sequence[Key], x: jax.Array, activate: bool = False) -> jax.Array:
        """Normalises x [B, ..., C, N, H, W], one norm of `keys` for each of the B."""
        if self.running is None:
            # One function with a lean derivative where nothing stands between norm and ReLU.
            fused = activate and self.affine is None and self.activation is jax.nn.relu
            y, mean, variance = norm.normalize(x, fused)
            self.record(keys, mean, variance, norm.sample_count(x))
        else:
            mean, variance = self._running(keys, x.shape[1:-3])
            inverse = norm.inverse_deviation(variance)
            y = ((x - norm.spread(mean)) * norm.spread(inverse)).astype(x.dtype)
        if self.affine is not None:
            scale, bias = (jnp.stack(v) for v in zip(*(self.affine[k] for k in keys), strict=True))
            shape = (len(keys),) + (1,) * (x.ndim - 5) + scale.shape[-1:]
            y = y * norm.spread(scale.reshape(shape)) + norm.spread(bias.reshape(shape))
            y = y.astype(x.dtype)
        return self.activation(y) if activate else y

    def weighted_sum(self, keys: Sequence[Key], weight: jax.Array, x: jax.Array) -> jax.Array:
        """sum over b, g of weight[b, g, t] * normalised x[b, g, t] -> [T, C, N, H, W]."""
        if self.running is None:
            y, mean, variance = norm.normalized_sum(weight, x)
            self.record(keys, mean, variance, norm.sample_count(x))
            return y
        mean, variance = self._running(keys, x.shape[1:-3])
        return norm.scaled_sum(weight, x, mean, norm.inverse_deviation(variance))

    def record(self, keys: Sequence[Key], mean: jax.Array, variance: jax.Array, count: int) -> None:
        """Keeps mean and variance [B, ..., C] for the running averages."""
        variance = norm.unbiased(variance, count)
        for i, key in enumerate(keys):
            flat = {"mean": mean[i], "var": variance[i]}
            self.batch[key] = {k: v.reshape(-1, v.shape[-1]) for k, v in flat.items()}

    def _running(self, keys, shape) -> tuple[jax.Array, jax.Array]:
        return tuple(
            jnp.stack([self.running[key[0]][key[1]][k].reshape(shape) for key in keys]) for k in ("mean", "var")
        )
