"""What a family of primitives gets and gives when it is evaluated on arrays [N, H, W, ...].

The counterpart of `channel_major.primitives.base`: the same weights, norms and branches in the other layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import jax

from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.cell_norms import CellNorms


class Branches(NamedTuple):
    """Outputs of B primitives on the G x T edges of a block.

    Attributes:
      names: the primitives, B names.
      value: [N, H, W, G, B, T, C]; 1 in place of T when all targets of a source share the output.
      norm: as in `channel_major.primitives.base.Branches`.
    """

    names: tuple[str, ...]
    value: jax.Array
    norm: Literal["always", "search", "never"]


class Block(NamedTuple):
    """G sources with T targets each.

    Attributes:
      x: [N, H, W, G, C], the sources.
      targets: T.
      weights: primitive -> weight name -> [G, T, ...].
      stride: 1 or 2, common to the block.
      norms: inner batch norms.
      forms: forms in which the grouped convolutions of described blocks are computed.
      activation: ReLU, unless a smooth stand-in is asked for.
    """

    x: jax.Array
    targets: int
    weights: Mapping[str, Mapping[str, jax.Array]]
    stride: int
    norms: CellNorms
    forms: Forms
    activation: Callable[[jax.Array], jax.Array]

    @property
    def edges(self) -> tuple[int, int]:
        """(G, T)."""
        return self.x.shape[3], self.targets

    def flat(self, x: jax.Array) -> jax.Array:
        """[N, H, W, G, C] -> [N, H, W, G * C]."""
        return x.reshape(*x.shape[:3], -1)

    def split(self, y: jax.Array, kinds: int) -> jax.Array:
        """[N, H, W, G * kinds * T * C] -> [N, H, W, G, kinds, T, C]."""
        sources, targets = self.edges
        return y.reshape(*y.shape[:3], sources, kinds, targets, -1)
