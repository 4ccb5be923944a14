"""Which channels of a value are in use under an option: in a supernet those of the widest option are computed.

A value's channels are consecutive segments, each used from its beginning: of a segment of 8|16 channels the first 8 or
all 16. A convolution makes one segment, a concatenation puts segments behind one another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dartsx.networks import layers
from dartsx.networks.layers import Shape
from dartsx.networks.open.size import axes_of

Segments = tuple[int, ...]


def segments(layer: Any, inputs: tuple[Segments, ...], shapes: tuple[Shape, ...], shape: Shape) -> Segments:
    """Segments of a layer's result.

    Args:
      layer: a primitive layer.
      inputs, shapes: segments and shapes of what it reads.
      shape: shape of the result.

    Raises:
      ValueError: the layer cannot work on channels of an open number, or only its channels could be open.
    """
    opened = any(type(size) is not int and axes_of(size) for x in (shape, *shapes) for size in x)
    if isinstance(layer, layers.Conv):
        return _conv(layer, inputs, opened, shapes[0], shape)
    if not opened:
        return shape[-1:]
    if layer.branches:
        return _kept(layer, tuple(branch[-1].segments for branch in layer.branches), shapes, shape)
    if any(axes_of(size) for size in shape[:-1]):
        raise ValueError("height and width of a map cannot depend on a decision")
    return _SEGMENTS.get(type(layer), _kept)(layer, inputs, shapes, shape)


def _kept(layer, inputs, shapes, shape) -> Segments:
    if not inputs:
        return shape[-1:]
    if len(set(inputs)) > 1:
        raise ValueError(f"open channels lie differently in what is combined: segments {inputs}")
    return inputs[0]


def _conv(layer, inputs, opened, x, shape) -> Segments:
    if any(axes_of(size) for size in (*layer.kernel, *layer.stride)):
        raise ValueError("kernel and stride cannot be open numbers; use a Choice of blocks")
    if not opened or layer.groups == 1:
        return shape[-1:]
    if layer.groups == x[2] and layer.features == x[2]:
        return inputs[0]
    if in_open_groups(layer, x[2]) and layer.features == x[2] and len(inputs[0]) == 1:
        return shape[-1:]
    raise ValueError(f"open channels ({x[2]} to {layer.features}) cannot be convolved in {layer.groups} groups")


def in_open_groups(layer: layers.Conv, channels: int) -> bool:
    """Whether a convolution of so many channels works in an open number of groups, each of which holds several."""
    return bool(axes_of(layer.groups)) and layer.groups != channels


def _concat(layer, inputs, shapes, shape) -> Segments:
    joint = tuple(segment for x in inputs for segment in x)
    if sum(map(int, joint)) != int(shape[-1]):
        raise ValueError(f"segments of {joint} channels have no widest option in common")
    return joint


def _slice(layer, inputs, shapes, shape) -> Segments:
    at, kept = 0, []
    for segment in inputs[0]:
        if at == layer.start or kept:
            kept.append(segment)
        at += segment
        if at == layer.stop and kept:
            return tuple(kept)
    raise ValueError(f"{shapes[0][-1]} open channels cannot be cut at {layer.start} and {layer.stop}")


def _padded(layer, inputs, shapes, shape) -> Segments:
    if len(inputs[0]) > 1:
        raise ValueError(f"open channels in segments {inputs[0]} cannot be padded")
    return shape[-1:]


def _shuffled(layer, inputs, shapes, shape) -> Segments:
    raise ValueError(f"{shapes[0][-1]} open channels cannot be shuffled")


_SEGMENTS: dict[type, Callable[..., Segments]] = {
    layers.Linear: lambda layer, inputs, shapes, shape: shape[-1:],
    layers.Flatten: lambda layer, inputs, shapes, shape: inputs[0] * (shapes[0][0] * shapes[0][1]),
    layers.Concat: _concat,
    layers.Slice: _slice,
    layers.PadChannels: _padded,
    layers.Shuffle: _shuffled,
    layers.PixelShuffle: _shuffled,
}
