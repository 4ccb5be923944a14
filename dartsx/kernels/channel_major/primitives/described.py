"""Building blocks of hand-designed networks (`dartsx.networks.blocks`) as candidate operations."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major.execute import Context, execute
from dartsx.networks.blocks.candidates import Make, on_edge, traced
from dartsx.networks.layers import Conv, Norm, Weight
from dartsx.networks.step import Step

NOMINAL = 16  # channels at which names are looked up; they do not depend on it


@dataclasses.dataclass(frozen=True)
class Described:
    """A block that keeps the width of an edge; the same layers at both strides.

    Its result is batch normalised like that of every other candidate: by the block's last layer where that is a batch
    norm at both strides, else by one more. The activations inside are the block's own, and no ReLU precedes it.

    Attributes:
      make: (channels, stride) -> the block.
    """

    per_source: ClassVar[bool] = False
    make: Make

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """Arrays of all convolutions and linear layers, by layer and name: ``conv1/kernel``."""
        weights = {}
        for step in _steps(self, channels, stride):
            if not isinstance(step.layer, Norm):
                fan_in = max((weight.fan_in for weight in step.weights.values()), default=0)
                weights |= {f"{step.name}/{name}": Weight(shape, fan_in) for name, (shape, _) in step.weights.items()}
        return weights

    def norms(self, stride: int) -> tuple[str, ...]:
        """All batch norms, by layer."""
        return tuple(step.name for step in _norms(self, NOMINAL, stride))

    def norm_channels(self, channels: int, stride: int) -> tuple[int, ...]:
        """Width of each of them."""
        return tuple(step.shape[-1] for step in _norms(self, channels, stride))

    def steps(self, channels: int, height: int, width: int, stride: int) -> tuple[Step, ...]:
        """All layers for sources of this size, of which the first is the source and the last a batch norm."""
        return _steps(self, channels, stride, height, width)

    @staticmethod
    def evaluate(members: Mapping[str, Described], block: Block) -> list[Branches]:
        """One branch per member."""
        return [Branches((name,), _branch(name, member, block)[None], "always") for name, member in members.items()]


@functools.lru_cache(maxsize=512)
def _steps(member: Described, channels: int, stride: int, height: int = 8, width: int = 8) -> tuple[Step, ...]:
    """The block's layers, of which the last is a batch norm.

    Raises:
      ValueError: the block does not allow this width, or makes another shape than an edge must have.
    """
    return tuple(traced(on_edge(member.make)(channels, stride), (height, width, channels)).steps)


def _norms(member: Described, channels: int, stride: int) -> list[Step]:
    return [step for step in _steps(member, channels, stride) if isinstance(step.layer, Norm)]


def _branch(name: str, member: Described, block: Block) -> jax.Array:
    """Raw output of the block before its last batch norm: [G, T, C, N, H, W]."""
    sources, channels, _, height, width = block.x.shape
    edges = (sources, block.targets)
    steps = _steps(member, channels, block.stride, height, width)

    def normalize(layer, x, weights, epsilon):  # x [E, N, H, W, C]
        y = block.normalize([(name, layer)], _channel_major(x, edges)[None], False)
        return _pixel_major(y[0])

    x = jnp.broadcast_to(block.x[:, None], (*edges, *block.x.shape[1:]))
    context = Context(normalize, forms=Forms(block.forms.backend), relu=block.activation, lift=_over_edges)
    return _channel_major(execute(steps[:-1], [_pixel_major(x)], by_layer(block.weights[name]), context), edges)


def by_layer(weights: Mapping[str, jax.Array]) -> dict[str, dict[str, jax.Array]]:
    """Arrays [G, T, ...] under names such as ``conv1/kernel`` -> layer -> name -> array [G * T, ...]."""
    layers: dict[str, dict[str, jax.Array]] = {}
    for key, value in weights.items():
        layer, array = key.rsplit("/", 1)
        layers.setdefault(layer, {})[array] = value.reshape(-1, *value.shape[2:])
    return layers


def _over_edges(compute: Callable, step: Step) -> Callable:
    """A layer's function on values and weights with a leading axis of edges."""
    if isinstance(step.layer, Conv) and step.layer.kernel != (1, 1) and step.layer.groups == 1:
        return functools.partial(_one_by_one, compute)  # mapped, it would be a grouped convolution: slow on a CPU
    return jax.vmap(compute)


def _one_by_one(compute: Callable, inputs: Sequence[jax.Array], weights: Mapping[str, jax.Array]) -> jax.Array:
    count = inputs[0].shape[0]
    parts = (jax.tree.map(lambda leaf, e=e: leaf[e], (inputs, weights)) for e in range(count))
    return jnp.stack([compute(*part) for part in parts])


def _pixel_major(x: jax.Array) -> jax.Array:
    """[G, T, C, N, H, W] -> [G * T, N, H, W, C]."""
    return jnp.moveaxis(x.reshape(-1, *x.shape[2:]), 1, -1)


def _channel_major(x: jax.Array, edges: tuple[int, int]) -> jax.Array:
    """[G * T, N, H, W, C] -> [G, T, C, N, H, W]."""
    x = jnp.moveaxis(x, -1, 1)
    return x.reshape(*edges, *x.shape[1:])
