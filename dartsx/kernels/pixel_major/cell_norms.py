"""Batch norms of one block of a cell: which statistics normalise, and which are handed on to the running averages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import inverse_deviation, sample_count, unbiased, widen
from dartsx.kernels.pixel_major.norm import Moments, Terms, normalize, normalized_sum, scaled_sum
from dartsx.kernels.pixel_major.totals import AXES
from dartsx.kernels.running_statistics import Key, Running, Stats


class Part(NamedTuple):
    """Branches that end in a norm, and their weights.

    Attributes:
      keys: the norm of each of the B branches.
      weight: [G, B, T].
      value: [N, H, W, G, B, T or 1, C].
    """

    keys: tuple[Key, ...]
    weight: jax.Array
    value: jax.Array


@dataclasses.dataclass
class CellNorms:
    """Normalises and collects, during one trace of one block.

    Attributes:
      running: statistics to use instead of the batch's (evaluation), or None (training).
      activation: what follows an inner norm.
      batch: filled during training: the batch's statistics with the unbiased variance, [n, C].
    """

    running: Running | None
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    batch: dict[Key, Stats] = dataclasses.field(default_factory=dict)

    def __call__(self, keys: Sequence[Key], x: jax.Array, activate: bool) -> jax.Array:
        """Normalises x [N, H, W, G, B, T, C] by the norm of each of the B branches, then applies the activation."""
        fused = activate and self.activation is jax.nn.relu
        if self.running is None:
            y, found = normalize(x, fused)
            self._record(keys, found, sample_count(x, AXES))
        else:
            mean, variance = self._given(keys, x.shape)
            y = (widen(x) - mean) * inverse_deviation(variance)
            y = (jax.nn.relu(y) if fused else y).astype(x.dtype)
        return self.activation(y) if activate and not fused else y

    def weighted_sum(self, parts: Sequence[Part], plain: Terms) -> tuple[jax.Array, ...]:
        """For every target the sum [N, H, W, C] of normalised and plain branches times their weights."""
        normed = Terms(tuple(part.weight for part in parts), tuple(part.value for part in parts))
        if self.running is None:
            sums, found = normalized_sum(normed, plain)
            for part, own in zip(parts, found, strict=True):
                self._record(part.keys, own, sample_count(part.value, AXES))
            return sums
        given = [self._given(part.keys, part.value.shape) for part in parts]
        means = [mean for mean, _ in given]
        return scaled_sum(normed, plain, means, [inverse_deviation(variance) for _, variance in given])

    def _record(self, keys: Sequence[Key], found: Moments, count: int) -> None:
        """Keeps mean and variance [G, B, T, C] for the running averages."""
        mean, variance = found[0], unbiased(found[1], count)
        for b, key in enumerate(keys):
            self.batch[key] = {k: v[:, b].reshape(-1, v.shape[-1]) for k, v in (("mean", mean), ("var", variance))}

    def _given(self, keys: Sequence[Key], shape: tuple[int, ...]) -> Moments:
        sources, _, targets, channels = shape[3:]
        own = [self.running[primitive][norm] for primitive, norm in keys]
        return tuple(
            jnp.stack([stats[k].reshape(sources, targets, channels) for stats in own], 1) for k in ("mean", "var")
        )
