"""What a family of primitives promises: weights per edge, and the branches of many edges at once.

A primitive (a candidate operation such as ``sep_conv_3x3``) is a frozen record. Its class is its family and has

  weights(channels, stride)          name -> `Weight`, for one edge
  norms(stride)                      names of its batch norms; the last one ends the primitive
  norm_channels(channels, stride)    their widths; only where these are not all that of the edge
  per_source                         all targets of a source share one result (and its statistics)
  evaluate(...)                      static: all given members of the family, on all edges of a block, together

so that members of one family which read the same input can share work. A block is G sources with T targets each;
the same code serves a network, where G = T = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import jax

from dartsx.kernels.choice import Forms
from dartsx.networks.layers import Weight


class Branches(NamedTuple):
    """Outputs of B primitives on the G x T edges of a block.

    Attributes:
      names: the primitives, B names.
      value: [B, G, T, C, N, H, W]; the third axis is 1 when all targets of a source share the output.
      norm: whether batch normalisation still has to follow: ``"always"``, only in a supernet (``"search"``: pools,
        which then enter the weighted sum at a common scale) or ``"never"``.
    """

    names: tuple[str, ...]
    value: jax.Array
    norm: Literal["always", "search", "never"]


class Normalize(Protocol):
    """Batch normalisation of stacked inner results, then optionally the activation."""

    def __call__(self, keys: Sequence[tuple[str, str]], x: jax.Array, activate: bool) -> jax.Array:
        """x [B, G, T, C, N, H, W] of the B norms `keys` (primitive, norm) -> the same shape."""
        ...


class Block(NamedTuple):
    """What a family needs to evaluate its members on one block of edges.

    Attributes:
      x: [G, C, N, H, W], the sources.
      targets: T, edges that leave each source.
      weights: primitive -> weight name -> [G, T, ...].
      stride: 1 or 2, common to the block.
      normalize: inner batch norms.
      forms: the forms in which convolutions are computed.
      activation: ReLU, unless a smooth stand-in is asked for (tests of derivatives).
    """

    x: jax.Array
    targets: int
    weights: Mapping[str, Mapping[str, jax.Array]]
    stride: int
    normalize: Normalize
    forms: Forms = Forms()
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu


class Primitive(Protocol):
    """A candidate operation; see the module's docstring."""

    per_source: bool

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """Weight arrays of one edge."""
        ...

    def norms(self, stride: int) -> tuple[str, ...]:
        """Names of the batch norms, in order of computation."""
        ...

    @staticmethod
    def evaluate(members: Mapping[str, Primitive], block: Block) -> list[Branches]:
        """Raw outputs of all members on all edges of the block."""
        ...


def norm_widths(primitive: Primitive, channels: int, stride: int) -> dict[str, int]:
    """Channels of every batch norm of a primitive, by name."""
    names, own = primitive.norms(stride), getattr(primitive, "norm_channels", None)
    return dict(zip(names, own(channels, stride) if own else (channels,) * len(names), strict=True))


def halved(size: int, stride: int) -> int:
    """Output size of every primitive: ceil(size / stride)."""
    return (size - 1) // stride + 1
