"""sep_conv_k and dil_conv_k of a whole block: one dense convolution for all first units of equal dilation.

Later units read a normalised input of their own on every edge: a convolution with as many groups as there are edges and
kinds, each a composed dense kernel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax

from dartsx.kernels.channel_major.primitives.separable import Separable
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major import grouped
from dartsx.kernels.pixel_major.block import Block, Branches
from dartsx.kernels.pixel_major.composed import block_diagonal, composed, convolve, from_phases, phases
from dartsx.kernels.window import Window


def evaluate(members: Mapping[str, Separable], block: Block) -> list[Branches]:
    """Members of equal dilation and length together; all read one shared ReLU."""
    x = block.flat(block.activation(block.x))
    groups: dict[tuple[int, int], dict[str, Separable]] = {}
    for name, primitive in members.items():
        groups.setdefault((primitive.dilation, primitive.repeats), {})[name] = primitive
    return [Branches(tuple(group), _chain(group, x, block), "always") for group in groups.values()]


def _chain(members: Mapping[str, Separable], x: jax.Array, block: Block) -> jax.Array:
    """Raw outputs [N, H', W', G, B, T, C] of the last units."""
    first = next(iter(members.values()))
    kernel = block_diagonal(_kernels(members, 0, block))
    y = block.split(_dilated(x, kernel, block.stride, first.dilation), len(members))
    for unit in range(1, first.repeats):
        keys = [(name, primitive.norms(block.stride)[unit - 1]) for name, primitive in members.items()]
        y = block.norms(keys, y, True)
        kernel = _kernels(members, unit, block)
        y = block.split(_inner(y, kernel, first.dilation, block), len(members))
    return y


def _kernels(members: Mapping[str, Separable], unit: int, block: Block) -> jax.Array:
    own = [block.weights[name] for name in members]
    suffixes = [primitive.suffix(unit) for primitive in members.values()]
    depthwise = [weights[f"dw{suffix}"] for weights, suffix in zip(own, suffixes, strict=True)]
    return composed(depthwise, [weights[f"pw{suffix}"] for weights, suffix in zip(own, suffixes, strict=True)])


def _dilated(x: jax.Array, kernel: jax.Array, stride: int, dilation: int) -> jax.Array:
    if dilation == 2 and stride == 2:  # every tap falls on even pixels
        return convolve(x[:, ::2, ::2], kernel)
    if dilation == 2 and x.shape[1] % 2 == 0 and x.shape[2] % 2 == 0:
        return from_phases(convolve(phases(x), kernel))
    return convolve(x, kernel, stride, dilation)


def _inner(y: jax.Array, kernel: jax.Array, dilation: int, block: Block) -> jax.Array:
    """Every edge and kind convolved on its own: y [N, H, W, G, B, T, C], kernel [k, k, C, G, B, T, D]."""
    groups, around = math.prod(y.shape[3:6]), dilation * (kernel.shape[0] // 2)
    window = Window((1, 1), ((around, around),) * 2, dilation)
    return grouped.convolve(
        y.reshape(*y.shape[:3], -1), kernel.reshape(*kernel.shape[:3], -1), window, Forms(block.forms.backend), groups
    )
