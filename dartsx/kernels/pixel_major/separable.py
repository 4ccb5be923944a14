"""sep_conv_k and dil_conv_k of a whole block: one dense convolution for all first units of equal dilation.

Later units read a normalised input of their own on every edge: a convolution with as many groups as there are edges and
kinds, each a composed dense kernel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.channel_major.primitives.separable import Separable
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major import grouped
from dartsx.kernels.pixel_major.block import Block, Branches
from dartsx.kernels.pixel_major.composed import block_diagonal, composed, convolve, from_phases, phases
from dartsx.kernels.window import Window

Members = Mapping[str, Separable]
Weights = Mapping[str, Mapping[str, jax.Array]]


def _alike(members: Members) -> list[Members]:
    """Members of equal dilation and length, which are computed together."""
    groups: dict[tuple[int, int], dict[str, Separable]] = {}
    for name, primitive in members.items():
        groups.setdefault((primitive.dilation, primitive.repeats), {})[name] = primitive
    return list(groups.values())


def with_composed(primitives: Mapping[str, Primitive], weights: Weights) -> dict[str, Mapping[str, jax.Array]]:
    """The weights of a cell with composed kernels in place of separable ones.

    Those of all edges and units of one size are composed at once: the derivative then sums over all of them together.

    Args:
      primitives: all of the cell.
      weights: primitive -> weight name -> array stacked over the edges.

    Returns:
      The other weights, and under the first name of every group that is computed together its units' kernels
      [E, B, D, k, k, C], as ``"0"`` and ``"1"``.
    """
    separable = {name: one for name, one in primitives.items() if type(one) is Separable}
    chosen = {name: own for name, own in weights.items() if name not in separable}
    units = [(group, unit) for group in _alike(separable) for unit in range(next(iter(group.values())).repeats)]
    for size in dict.fromkeys(_size(group) for group, _ in units):
        equal = [(group, unit) for group, unit in units if _size(group) == size]
        kernels = lax.split(_kernels(equal, weights), [len(group) for group, _ in equal], 1)
        for (group, unit), kernel in zip(equal, kernels, strict=True):
            chosen.setdefault(next(iter(group)), {})[str(unit)] = kernel
    return chosen


def _size(members: Members) -> int:
    return max(primitive.kernel for primitive in members.values())


def _kernels(units: Sequence[tuple[Members, int]], weights: Weights) -> jax.Array:
    """Composed kernels of several units, which end in one size: [E, B of all units, D, k, k, C]."""
    named = [(weights[name], primitive.suffix(unit)) for members, unit in units for name, primitive in members.items()]
    return composed([own[f"dw{suffix}"] for own, suffix in named], [own[f"pw{suffix}"] for own, suffix in named])


def evaluate(members: Members, block: Block) -> list[Branches]:
    """Members of equal dilation and length together; all read one shared ReLU."""
    x = block.flat(block.activation(block.x))
    return [Branches(tuple(group), _chain(group, x, block), "always") for group in _alike(members)]


def _chain(members: Members, x: jax.Array, block: Block) -> jax.Array:
    """Raw outputs [N, H', W', G, B, T, C] of the last units."""
    name, first = next(iter(members.items()))
    kernels = [kernel.swapaxes(1, 2) for kernel in block.weights[name].values()]  # [G, B, T, D, k, k, C]
    y = block.split(_dilated(x, block_diagonal(kernels[0]), block.stride, first.dilation), len(members))
    for unit, kernel in enumerate(kernels[1:], 1):
        keys = [(name, primitive.norms(block.stride)[unit - 1]) for name, primitive in members.items()]
        y = block.norms(keys, y, True)
        y = block.split(_inner(y, kernel, first.dilation, block), len(members))
    return y


def _inner(y: jax.Array, kernel: jax.Array, dilation: int, block: Block) -> jax.Array:
    """Every edge and kind convolved on its own: y [N, H, W, G, B, T, C], kernel [G, B, T, D, k, k, C]."""
    groups, around = math.prod(y.shape[3:6]), dilation * (kernel.shape[4] // 2)
    window = Window((1, 1), ((around, around),) * 2, dilation)
    kernel = jnp.moveaxis(kernel.reshape(-1, *kernel.shape[4:]), 0, -1)
    return grouped.convolve(y.reshape(*y.shape[:3], -1), kernel, window, Forms(block.forms.backend), groups)


def _dilated(x: jax.Array, kernel: jax.Array, stride: int, dilation: int) -> jax.Array:
    if dilation == 2 and stride == 2:  # every tap falls on even pixels
        return convolve(x[:, ::2, ::2], kernel)
    # Where phases were smaller than the kernel XLA would exchange the two, and transpose what goes in and comes out.
    if dilation == 2 and all(length % 2 == 0 and length // 2 >= kernel.shape[1] for length in x.shape[1:3]):
        return from_phases(convolve(phases(x), kernel))
    return convolve(x, kernel, stride, dilation)
