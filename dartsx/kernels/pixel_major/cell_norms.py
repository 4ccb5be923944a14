"""Batch norms of one block of a cell: which statistics normalise, and which are handed on to the running averages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.kernels.moments import inverse_deviation, sample_count, unbiased, widen
from dartsx.kernels.pixel_major.norm import Moments, normalize, normalized_sum, scaled_sum
from dartsx.kernels.pixel_major.totals import AXES, rows_of
from dartsx.kernels.running_statistics import Key, Running


class Part(NamedTuple):
    """Branches and their weights in a sum.

    Attributes:
      keys: the norm that ends each of the B branches; empty where none does.
      weight: [G, B, T, C].
      value: [N, H, W, G, B, T or 1, C].
    """

    keys: tuple[Key, ...]
    weight: jax.Array
    value: jax.Array


class Found(NamedTuple):
    """Statistics of a batch, as they were computed.

    Attributes:
      stats: mean and unbiased variance, one array each, of equal shape.
      places: the statistics of every norm: indices [n, C] into the flat arrays.
    """

    stats: Moments
    places: Mapping[Key, np.ndarray]


@dataclasses.dataclass
class CellNorms:
    """Normalises and collects, during one trace of one block.

    Attributes:
      running: statistics to use instead of the batch's (evaluation), or None (training).
      activation: what follows an inner norm.
      batch: filled during training: the batch's statistics.
    """

    running: Running | None
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    batch: list[Found] = dataclasses.field(default_factory=list)

    def __call__(self, keys: Sequence[Key], x: jax.Array, activate: bool) -> jax.Array:
        """Normalises x [N, H, W, G, B, T, C] by the norm of each of the B branches, then applies the activation."""
        fused = activate and self.activation is jax.nn.relu
        if self.running is None:
            y, found = normalize((x,), fused)
            self._record(found, sample_count(x, AXES), _places(keys, _indices(found)))
        else:
            mean, variance = self._given(keys, x.shape)
            y = (widen(x) - mean) * inverse_deviation(variance)
            y = (jax.nn.relu(y) if fused else y).astype(x.dtype)
        return self.activation(y) if activate and not fused else y

    def weighted_sum(self, parts: Sequence[Part]) -> tuple[jax.Array, ...]:
        """For every target the sum [N, H, W, C] of the branches, normalised where a norm ends them, times weights."""
        parts = sorted(parts, key=lambda part: not part.keys)
        weights = jnp.concatenate([_rows(part.weight, 0) for part in parts])
        normed = [part for part in parts if part.keys]
        arrays = tuple(_rows(part.value, 3) for part in parts)
        if self.running is not None:
            mean, variance = self._of_rows(normed, weights)
            return scaled_sum(weights, arrays, mean, inverse_deviation(variance))[0]
        sums, found = normalized_sum(weights, arrays[: len(normed)], arrays[len(normed) :])
        if normed:
            indices, places = _indices(found), {}
            for part, rows in zip(normed, rows_of(arrays), strict=False):
                own = indices[rows, : part.value.shape[5]].reshape(part.value.shape[3:])
                places |= _places(part.keys, own)
            self._record(found, sample_count(arrays[0], AXES), places)
        return sums

    def _of_rows(self, normed: Sequence[Part], weights: jax.Array) -> Moments:
        """The given statistics of all branches that a norm ends: [R, T, C]."""
        if not normed:
            return weights[:0], weights[:0]
        given = [self._given(part.keys, part.value.shape) for part in normed]
        wide = [[jnp.broadcast_to(x, part.weight.shape) for x in own] for part, own in zip(normed, given, strict=True)]
        return tuple(jnp.concatenate([_rows(own[k], 0) for own in wide]) for k in range(2))

    def _record(self, found: Moments, count: int, places: Mapping[Key, np.ndarray]) -> None:
        """Keeps mean and variance for the running averages."""
        self.batch.append(Found((found[0], unbiased(found[1], count)), places))

    def _given(self, keys: Sequence[Key], shape: tuple[int, ...]) -> Moments:
        sources, _, targets, channels = shape[3:]
        own = [self.running[primitive][norm] for primitive, norm in keys]
        return tuple(
            jnp.stack([stats[k].reshape(sources, targets, channels) for stats in own], 1) for k in ("mean", "var")
        )


def _rows(x: jax.Array, axis: int) -> jax.Array:
    """[..., G, B, ...], with the sources at `axis` -> [..., G * B, ...]."""
    return x.reshape(*x.shape[:axis], -1, *x.shape[axis + 2 :])


def _indices(found: Moments) -> np.ndarray:
    """The place of every value in the flat array."""
    return np.arange(found[0].size, dtype=np.int32).reshape(found[0].shape)


def _places(keys: Sequence[Key], indices: np.ndarray) -> dict[Key, np.ndarray]:
    """The indices [n, C] of every norm among those of all, [G, B, T, C]."""
    return {key: indices[:, b].reshape(-1, indices.shape[-1]) for b, key in enumerate(keys)}
