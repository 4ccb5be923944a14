"""Weights that the options of a decision have in common: a small one's are a part of a large one's.

Layers share that have one name in closed networks, as the depthwise convolutions of kernel 3, 5 and 7 at one position,
and are of one kind. A convolution takes the centre of the largest kernel and its first channels (single-path NAS,
arXiv:1904.02877; AutoFormer, arXiv:2107.00651, "weight entanglement"); norms and linear layers their first channels.
Running statistics are every layer's own.

With transformed kernels a smaller kernel is the centre of the next larger one times a matrix of its own, [25, 25] for 5
of 7, [9, 9] for 3 of 5, which all channels share and which begins as the identity (once-for-all, arXiv:1908.09791,
section 3.3; as in the released code the centre of the transformed 5 is what becomes 3).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property

import jax
import jax.numpy as jnp

from dartsx.networks import Step
from dartsx.networks.layers import Conv

Arrays = Mapping[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class Sharing:
    """Which layers of an open network share, and what of the shared arrays is whose.

    Attributes:
      steps: all layers of the network.
      transformed: whether smaller kernels are transformed, not only cut out.
    """

    steps: tuple[Step, ...]
    transformed: bool = False

    @cached_property
    def owners(self) -> dict[str, str]:
        """Name of a layer with weights -> name under which its arrays are held."""
        names: dict[tuple, str] = {}
        for step in self.steps:
            if step.weights:
                kind = step.closed_name, *_kind(step)
                taken = step.closed_name in names.values()
                names.setdefault(kind, step.name if taken else step.closed_name)
        return {step.name: names[step.closed_name, *_kind(step)] for step in self.steps if step.weights}

    @cached_property
    def shapes(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Shapes of the shared arrays, the largest of their layers'."""
        shapes: dict[str, dict[str, tuple[int, ...]]] = {}
        for step in self.steps:
            held = shapes.setdefault(self.owners[step.name], {}) if step.weights else {}
            for name, shape in _shapes(step).items():
                held[name] = tuple(map(max, held.get(name, shape), shape))
        return shapes

    @cached_property
    def kernels(self) -> dict[str, tuple[int, ...]]:
        """Name of shared arrays -> sides of the square kernels of their convolutions, the largest first."""
        sides: dict[str, set[int]] = {}
        for step in self.steps:
            if isinstance(step.layer, Conv) and step.layer.kernel[0] == step.layer.kernel[1]:
                sides.setdefault(self.owners[step.name], set()).add(step.layer.kernel[0])
        return {name: tuple(sorted(found, reverse=True)) for name, found in sides.items()}

    def held(self, weights: Mapping[str, Arrays]) -> dict[str, dict[str, jax.Array]]:
        """Shared arrays, every entry of them that of the last layer that has it; zeros where none has."""
        held = {
            owner: {name: jnp.zeros(shape) for name, shape in shapes.items()} for owner, shapes in self.shapes.items()
        }
        for step in self.steps:
            for name, shape in _shapes(step).items():
                whole = held[self.owners[step.name]]
                whole[name] = whole[name].at[_part(whole[name].shape, shape)].set(weights[step.name][name])
        if self.transformed:
            for owner, sides in self.kernels.items():
                held[owner] |= {_matrix(large, small): jnp.eye(small**2) for large, small in _pairs(sides)}
        return held

    def part(self, step: Step, held: Mapping[str, Arrays]) -> dict[str, jax.Array]:
        """The arrays of one layer."""
        owner = self.owners[step.name]
        shared = dict(held[owner])
        if self.transformed and owner in self.kernels and "kernel" in shared:
            side = step.layer.kernel[0]
            for large, small in _pairs(self.kernels[owner]):
                if small >= side:
                    shared["kernel"] = _transformed(shared["kernel"], small, shared[_matrix(large, small)])
        return {name: shared[name][_part(shared[name].shape, shape)] for name, shape in _shapes(step).items()}


def _kind(step: Step) -> tuple:
    """What layers must agree in to share: the type, of convolutions also the groups, unless these are channels."""
    layer = step.layer
    if not isinstance(layer, Conv):
        return (type(layer),)
    channels = step.input_shapes[0][2]
    each = layer.groups == channels and layer.features == channels
    return Conv, layer.bias, "depthwise" if each else layer.groups


def _shapes(step: Step) -> dict[str, tuple[int, ...]]:
    return {name: tuple(map(int, weight.shape)) for name, weight in step.weights.items()}


def _part(whole: Sequence[int], shape: Sequence[int]) -> tuple[slice, ...]:
    """The centre in height and width of a kernel (4 axes), the first entries along all other axes."""
    pairs = enumerate(zip(whole, shape, strict=True))
    starts = [(large - small) // 2 if axis < 2 and len(shape) == 4 else 0 for axis, (large, small) in pairs]
    return tuple(slice(start, start + size) for start, size in zip(starts, shape, strict=True))


def _pairs(sides: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(sides[:-1], sides[1:], strict=True))


def _matrix(large: int, small: int) -> str:
    return f"{large}to{small}"


def _transformed(kernel: jax.Array, side: int, matrix: jax.Array) -> jax.Array:
    """matrix @ the centre of this side, for every pair of channels."""
    centre = kernel[_part(kernel.shape, (side, side, *kernel.shape[2:]))]
    flat = centre.reshape(side * side, -1)
    return (matrix.astype(kernel.dtype) @ flat).reshape(centre.shape)
