"""Building blocks of hand-designed networks as candidate operations; the edges are an axis before the channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.primitives.described import Described, by_layer
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.block import Block, Branches
from dartsx.kernels.pixel_major.execute import Context, execute
from dartsx.networks.step import Step


def evaluate(members: Mapping[str, Described], block: Block) -> list[Branches]:
    """One branch per member."""
    return [Branches((name,), _branch(name, member, block), "always") for name, member in members.items()]


def _branch(name: str, member: Described, block: Block) -> jax.Array:
    """Raw output of the block before its last batch norm: [N, H', W', G, 1, T, C]."""
    height, width, sources, channels = block.x.shape[1:]
    steps = member.steps(channels, height, width, block.stride)

    def normalize(layer, x, weights, epsilon):  # x [N, H, W, G * T, C], one edge after the other
        y = x.reshape(*x.shape[:3], sources, 1, block.targets, x.shape[-1])
        return block.norms([(name, layer)], y, False).reshape(x.shape)

    edges = jnp.repeat(block.x, block.targets, axis=3)
    context = Context(normalize, forms=Forms(block.forms.backend), relu=block.activation, lift=_over_edges)
    y = execute(steps[:-1], [edges], by_layer(block.weights[name]), context)
    return y.reshape(*y.shape[:3], sources, 1, block.targets, y.shape[-1])


def _over_edges(compute: Callable, step: Step) -> Callable:
    """A layer's function on values with an axis of edges before their channels, and weights that begin with it."""
    return jax.vmap(compute, in_axes=(-2, 0), out_axes=-2)
