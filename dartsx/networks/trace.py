"""From a description to the list of its primitive layers, with all shapes.

A block writes its layers down by calling a `Trace`: ``y = trace.conv(x, 64, 3, stride=2)``. The result is a flat list
of `Step`s in order of computation, each of which names the steps that it reads. Costs sum over it, `dartsx.kernels`
executes it; nothing else knows how a block is made.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from dartsx.networks import layers
from dartsx.networks.layers import Layer, Shape
from dartsx.networks.windows import Padding, Pair


@dataclasses.dataclass(frozen=True)
class Step:
    """One primitive layer of a traced network.

    Attributes:
      name: unique; the parts of a network, its blocks and their layers are separated by ``/``.
      layer: what is computed.
      inputs: positions in the list of the steps whose results are read.
      input_shapes: of these results.
      shape: of the result.
    """

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape

    @property
    def weights(self) -> dict[str, layers.Weight]:
        """Trainable arrays."""
        return self.layer.weights(*self.input_shapes)

    @property
    def params(self) -> int:
        """Number of trainable values."""
        return sum(math.prod(weight.shape) for weight in self.weights.values())

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.layer.macs(*self.input_shapes)


class Value(NamedTuple):
    """Result of a step, while a network is written down: the step's position, and the shape."""

    position: int
    shape: Shape

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.shape[-1]


class Block(Protocol):
    """A part of a network that reads one value: a frozen record of the numbers in a paper's table."""

    def build(self, trace: Trace, x: Value) -> Value:
        """Writes the block's layers down and returns its result."""
        ...


def pair(size: int | Pair) -> Pair:
    """A number for height and width."""
    return (size, size) if isinstance(size, int) else size


class Trace:
    """A list of steps under construction. Layers with weights should be named, the others are numbered."""

    def __init__(self):
        self.steps: list[Step] = []
        self._scopes: list[str] = []
        self._names: dict[str, int] = {}
        self._affine = self._drops = True

    @contextlib.contextmanager
    def settings(self, *, affine: bool = True, drop_path: bool = True) -> Iterator[None]:
        """Blocks inside are written down without scale and bias of their batch norms, or without their drop path."""
        outer = self._affine, self._drops
        self._affine, self._drops = self._affine and affine, self._drops and drop_path
        yield
        self._affine, self._drops = outer

    @contextlib.contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Names of steps inside begin with this."""
        self._scopes.append(name)
        yield
        self._scopes.pop()

    def add(self, layer: Layer, *inputs: Value, name: str | None = None) -> Value:
        """Appends any layer.

        Raises:
          ValueError: the layer cannot read these inputs; says where it stands.
        """
        name = self._unique(name or type(layer).__name__.lower())
        shapes = tuple(x.shape for x in inputs)
        try:
            shape = layer.output(*shapes)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        self.steps.append(Step(name, layer, tuple(x.position for x in inputs), shapes, shape))
        return Value(len(self.steps) - 1, shape)

    def block(self, block: Block | Layer, x: Value, name: str | None = None) -> Value:
        """Appends a block inside a scope of this name, or a single layer."""
        if not hasattr(block, "build"):
            return self.add(block, x, name=name)
        with self.scope(name) if name else contextlib.nullcontext():
            return block.build(self, x)

    def _unique(self, name: str) -> str:
        full = "/".join((*self._scopes, name))
        self._names[full] = count = self._names.get(full, 0) + 1
        return full if count == 1 else f"{full}{count}"

    # ------------------------------------------------------------------------- common layers
    def conv(
        self,
        x: Value,
        features: int,
        kernel: int | Pair,
        stride: int | Pair = 1,
        padding: Padding | None = None,
        groups: int = 1,
        bias: bool = False,
        dilation: int = 1,
        name: str = "conv",
    ) -> Value:
        """Convolution; without `padding` half the kernel on every side: ceil(size / stride) for odd kernels."""
        kernel = pair(kernel)
        if padding is None:
            padding = (dilation * (kernel[0] // 2), dilation * (kernel[1] // 2))
        return self.add(layers.Conv(features, kernel, pair(stride), padding, groups, bias, dilation), x, name=name)

    def norm(self, x: Value, epsilon: float = 1e-5, name: str = "norm") -> Value:
        """Batch norm."""
        return self.add(layers.Norm(epsilon, self._affine), x, name=name)

    def drop_path(self, x: Value) -> Value:
        """Where training asks for drop path, drops this branch."""
        return self.add(layers.DropPath(), x) if self._drops else x

    def act(self, x: Value, kind: str | None) -> Value:
        """Activation, or nothing for None."""
        return x if kind is None else self.add(layers.Activation(kind), x, name=kind)

    def pool(self, x: Value, kind: str, kernel: int, stride: int, padding: Padding = 0, **options) -> Value:
        """Maximum or average; `options` as in `layers.Pool`."""
        layer = layers.Pool(kind, pair(kernel), pair(stride), padding, **options)
        return self.add(layer, x, name=f"{kind}_pool")

    def subsample(self, x: Value, stride: int) -> Value:
        """Every stride-th pixel of every stride-th row."""
        return x if stride == 1 else self.pool(x, "avg", 1, stride)

    def pad_channels(self, x: Value, features: int) -> Value:
        """Zeros for further channels."""
        return x if x.channels == features else self.add(layers.PadChannels(features), x)

    def global_pool(self, x: Value) -> Value:
        """Average over the map, as a map of one pixel."""
        return self.add(layers.GlobalPool(keep=True), x)

    def gate(self, x: Value, gate: Value) -> Value:
        """x with every channel times its gate."""
        return self.add(layers.Multiply(), x, gate)

    def sum(self, *inputs: Value) -> Value:
        """Sum."""
        return self.add(layers.Add(), *inputs)

    def concat(self, *inputs: Value) -> Value:
        """Concatenation of channels."""
        return self.add(layers.Concat(), *inputs) if len(inputs) > 1 else inputs[0]

    def split(self, x: Value, *sizes: int) -> tuple[Value, ...]:
        """Consecutive parts of the channels."""
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        return tuple(self.add(layers.Slice(end - size, end), x) for size, end in zip(sizes, ends, strict=True))
