"""Batch norms with scale and bias of the edges that leave one node of a derived cell."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import jax

from dartsx.kernels.moments import inverse_deviation, unbiased
from dartsx.kernels.pixel_major.batch_norm import affine, batch_norm
from dartsx.kernels.running_statistics import Key, Stats


@dataclasses.dataclass
class AffineNorms:
    """Normalises and collects, as `cell_norms.CellNorms` does, during one trace of T edges with one primitive.

    Attributes:
      running: statistics [T, C] to use instead of the batch's (evaluation), or None (training).
      affine: scale and bias [T, C] of every norm.
      batch: filled during training: the batch's statistics with the unbiased variance, [T, C].
    """

    running: Mapping[Key, Stats] | None
    affine: Mapping[Key, tuple[jax.Array, jax.Array]]
    batch: dict[Key, Stats] = dataclasses.field(default_factory=dict)

    def __call__(self, keys: Sequence[Key], x: jax.Array, activate: bool) -> jax.Array:
        """Normalises x [N, H, W, 1, 1, T, C] by the only norm of `keys`, then applies ReLU if asked for."""
        (key,) = keys
        scale, bias = (value.reshape(-1) for value in self.affine[key])
        flat = x.reshape(*x.shape[:3], -1)
        if self.running is None:
            y, mean, variance = batch_norm(flat, scale, bias)
            variance = unbiased(variance, math.prod(x.shape[:3]))
            self.batch[key] = {"mean": mean.reshape(x.shape[5:]), "var": variance.reshape(x.shape[5:])}
        else:
            mean, variance = (self.running[key][kind].reshape(-1) for kind in ("mean", "var"))
            y = affine(flat, mean, inverse_deviation(variance), scale, bias)
        return (jax.nn.relu(y) if activate else y).reshape(x.shape)
