"""How each family of primitives is evaluated on arrays [N, H, W, ...]; a new family is one more line in `FAMILIES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.channel_major.primitives import base as channel_major
from dartsx.kernels.channel_major.primitives.described import Described
from dartsx.kernels.channel_major.primitives.factorized import Factorized
from dartsx.kernels.channel_major.primitives.noise import Noise, numbers
from dartsx.kernels.channel_major.primitives.nor_conv import NorConv
from dartsx.kernels.channel_major.primitives.pool import Pool
from dartsx.kernels.channel_major.primitives.separable import Separable
from dartsx.kernels.channel_major.primitives.skip import Skip, Zero
from dartsx.kernels.pixel_major import described, separable
from dartsx.kernels.pixel_major.block import Block, Branches
from dartsx.kernels.pixel_major.composed import OUTPUT_FIRST, block_diagonal, convolve, factorized_reduction
from dartsx.kernels.pixel_major.pools_3x3 import avg_pool, max_pool

POOLS = {"max": max_pool, "avg": avg_pool}
Evaluate = Callable[[Mapping[str, Primitive], Block], list[Branches]]


def evaluate(members: Mapping[str, Primitive], block: Block) -> list[Branches]:
    """Raw outputs of all primitives of a block, family by family."""
    groups: dict[type, dict[str, Primitive]] = {}
    for name, primitive in members.items():
        groups.setdefault(type(primitive), {})[name] = primitive
    return [
        branches for family, group in groups.items() for branches in FAMILIES.get(family, _transposed)(group, block)
    ]


def _pools(members: Mapping[str, Pool], block: Block) -> list[Branches]:
    """One shared result per source; an array for each, as stacking them would be one more pass.

    Behind a barrier, so that the norms' sums read what is stored and XLA does not store wider values for them besides.
    """
    return [
        Branches(
            (name,),
            lax.optimization_barrier(POOLS[member.kind](block.x, block.stride)[:, :, :, :, None, None]),
            "search" if member.normalised else "never",
        )
        for name, member in members.items()
    ]


def _skip(members: Mapping[str, Skip], block: Block) -> list[Branches]:
    """The sources themselves, or one reduction per edge."""
    (name,) = members
    if block.stride == 1:
        return [Branches((name,), block.x[:, :, :, :, None, None], "never")]
    x, weights = block.activation(block.x), block.weights[name]
    reduced = [
        factorized_reduction(x[:, :, :, g], *(weights[key][g].swapaxes(0, 1) for key in ("conv_a", "conv_b")))
        for g in range(x.shape[3])
    ]
    return [Branches((name,), block.split(jnp.concatenate(reduced, -1), 1), "always")]


def _nor_conv(members: Mapping[str, NorConv], block: Block) -> list[Branches]:
    """One convolution per kernel size, whose output channels are those of all sources and targets."""
    x = block.flat(block.activation(block.x))

    def one(name: str) -> jax.Array:
        kernel = block.weights[name]["conv"].transpose(0, 1, 5, 2, 3, 4)  # [G, T, D, k, k, C]
        return block.split(convolve(x, block_diagonal(kernel), block.stride), 1)

    return [Branches((name,), one(name), "always") for name in members]


def _factorized(members: Mapping[str, Factorized], block: Block) -> list[Branches]:
    """All rows of a block as one convolution, then the columns as one with a group for each edge."""
    x, (sources, targets) = block.flat(block.activation(block.x)), block.edges

    def one(name: str, member: Factorized) -> jax.Array:
        around = member.kernel // 2
        row, column = (block.weights[name][key].transpose(0, 1, 5, 2, 3, 4) for key in member.weight_names())
        column = column.reshape(-1, *column.shape[3:])
        steps = ((block_diagonal(row), (1, block.stride), (0, around), 1),)
        steps += ((column, (block.stride, 1), (around, 0), sources * targets),)
        y = x
        for kernel, strides, (rows, columns), groups in steps:
            padding = [(rows, rows), (columns, columns)]
            y = lax.conv_general_dilated(
                y, kernel, strides, padding, dimension_numbers=OUTPUT_FIRST, feature_group_count=groups
            )
        return block.split(y, 1)

    return [Branches((name,), one(name, member), "always") for name, member in members.items()]


def _noise(members: Mapping[str, Noise], block: Block) -> list[Branches]:
    """Independent numbers on every edge of the block."""
    (name,) = members
    like = block.x[:, :: block.stride, :: block.stride]
    shape = (*like.shape[:4], 1, block.targets, like.shape[4])
    return [Branches((name,), numbers(block.x, shape), "never")]


def _none(members: Mapping[str, Zero], block: Block) -> list[Branches]:
    """No branch at all."""
    return []


def _transposed(members: Mapping[str, Primitive], block: Block) -> list[Branches]:
    """A family that is written for the other layout alone: right, at the price of transposes."""

    def normalize(keys, x, activate):
        y = block.norms(keys, _pixel_major(x), activate)
        return _channel_major(y)

    x = block.x.transpose(3, 4, 0, 1, 2)
    own = channel_major.Block(x, block.targets, block.weights, block.stride, normalize, block.forms, block.activation)
    family = type(next(iter(members.values())))
    return [Branches(names, _pixel_major(value), norm) for names, value, norm in family.evaluate(members, own)]


def _pixel_major(x: jax.Array) -> jax.Array:
    """[B, G, T, C, N, H, W] -> [N, H, W, G, B, T, C]."""
    return x.transpose(4, 5, 6, 1, 0, 2, 3)


def _channel_major(x: jax.Array) -> jax.Array:
    """[N, H, W, G, B, T, C] -> [B, G, T, C, N, H, W]."""
    return x.transpose(4, 3, 5, 6, 0, 1, 2)


FAMILIES: dict[type, Evaluate] = {
    Separable: separable.evaluate,
    Pool: _pools,
    Skip: _skip,
    Zero: _none,
    NorConv: _nor_conv,
    Factorized: _factorized,
    Described: described.evaluate,
    Noise: _noise,
}
