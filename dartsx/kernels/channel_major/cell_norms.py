"""Batch norms of one cell: which statistics normalise, and which are handed on to the running averages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.norm import AXES, affine, normalize, normalized_sum, scaled_sum, spread
from dartsx.kernels.moments import inverse_deviation, sample_count, unbiased
from dartsx.kernels.running_statistics import Key, Running, Stats


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
            y, mean, variance = normalize(x, fused)
            self.record(keys, mean, variance, sample_count(x, AXES))
        else:
            mean, variance = self._running(keys, x.shape[1:-3])
            inverse = inverse_deviation(variance)
            y = ((x - spread(mean)) * spread(inverse)).astype(x.dtype)
        if self.affine is not None:
            scale, bias = (jnp.stack(v) for v in zip(*(self.affine[k] for k in keys), strict=True))
            shape = (len(keys),) + (1,) * (x.ndim - 5) + scale.shape[-1:]
            y = affine(y, scale.reshape(shape), bias.reshape(shape))
        return self.activation(y) if activate else y

    def weighted_sum(self, keys: Sequence[Key], weight: jax.Array, x: jax.Array) -> jax.Array:
        """sum over b, g of weight[b, g, t] * normalised x[b, g, t] -> [T, C, N, H, W]."""
        if self.running is None:
            y, mean, variance = normalized_sum(weight, x)
            self.record(keys, mean, variance, sample_count(x, AXES))
            return y
        mean, variance = self._running(keys, x.shape[1:-3])
        return scaled_sum(weight, x, mean, inverse_deviation(variance))

    def record(self, keys: Sequence[Key], mean: jax.Array, variance: jax.Array, count: int) -> None:
        """Keeps mean and variance [B, ..., C] for the running averages."""
        shape = (len(keys), -1, mean.shape[-1])
        means, variances = mean.reshape(shape), unbiased(variance, count).reshape(shape)
        for i, key in enumerate(keys):
            self.batch[key] = {"mean": means[i], "var": variances[i]}

    def _running(self, keys, shape) -> tuple[jax.Array, jax.Array]:
        return tuple(
            jnp.stack([self.running[key[0]][key[1]][k].reshape(shape) for key in keys]) for k in ("mean", "var")
        )
