"""noise: standard normal numbers in place of the source (space S4 of RobustDARTS, arXiv:1909.09656)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.networks.layers import Weight


@dataclasses.dataclass(frozen=True)
class Noise:
    """Numbers that carry nothing of the input, drawn anew for every batch; no gradient to the source.

    A supernet is a function of variables, images and mixture, without a key. So the generator is seeded by the bits of
    the source's sum: other images or weights give other numbers, the same ones give the same. Edges that are computed
    together get numbers of their own; one after the other (remat ``branch``), those from one source share them.
    """

    per_source: ClassVar[bool] = False

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """No weights."""
        return {}

    def norms(self, stride: int) -> tuple[str, ...]:
        """No norms."""
        return ()

    @staticmethod
    def evaluate(members: Mapping[str, Noise], block: Block) -> list[Branches]:
        """Independent numbers on every edge of the block."""
        (name,) = members
        like = block.x[..., :: block.stride, :: block.stride]
        shape = (1, like.shape[0], block.targets, *like.shape[1:])
        return [Branches((name,), numbers(block.x, shape), "never")]


def numbers(x: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Standard normal numbers in the dtype of x, drawn by the bits of its sum."""
    total = jnp.sum(lax.stop_gradient(x), dtype=jnp.float32)
    key = jax.random.fold_in(jax.random.key(0), lax.bitcast_convert_type(total, jnp.uint32))
    return jax.random.normal(key, shape, x.dtype)
