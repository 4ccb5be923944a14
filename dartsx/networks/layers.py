"""Primitive layers: what every network here is made of in the end.

A layer is a frozen record. It knows the shape that it makes of its inputs' shapes and the weights that it needs, and
nothing else: `dartsx.kernels` computes it, `dartsx.cost` counts it. A shape is (height, width, channels) of a map or
(features,) of a vector, for one image.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol

from dartsx.networks.errors import check_choice
from dartsx.networks.windows import Padding, Pair, count, pads

if TYPE_CHECKING:
    from dartsx.networks.trace import Trace, Value

Shape = tuple[int, ...]
ACTIVATIONS = ("relu", "relu6", "swish", "hard_swish", "sigmoid", "hard_sigmoid")


class Weight(NamedTuple):
    """Shape of a trainable array, and the fan-in that scales its initial values (0: a constant at first)."""

    shape: Shape
    fan_in: int


class Layer(Protocol):
    """What all layers promise."""

    def output(self, *inputs: Shape) -> Shape:
        """Shape of the result; raises ValueError where the inputs do not allow one."""
        ...

    def weights(self, *inputs: Shape) -> dict[str, Weight]:
        """Trainable arrays by name."""
        ...

    def macs(self, *inputs: Shape) -> int:
        """Multiply-adds for one image: those of convolutions and linear layers, 0 of all others."""
        ...

    def build(self, trace: Trace, x: Value) -> Value:
        """Writes the layer down where a block could stand."""
        ...


class SingleLayer:
    """A layer is a block of one layer.

    Attributes:
      branches: lists of steps inside the layer; only `open.layers.Mixed` has some.
    """

    branches: ClassVar[tuple] = ()

    def build(self, trace: Trace, x: Value) -> Value:
        """Appends the layer."""
        return trace.add(self, x)


class FreeLayer(SingleLayer):
    """A layer without weights or counted arithmetic."""

    def weights(self, *inputs: Shape) -> dict[str, Weight]:
        """No weights."""
        return {}

    def macs(self, *inputs: Shape) -> int:
        """0."""
        return 0


class _SameShape(FreeLayer):
    """A free layer that keeps the shape of its (first) input."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape of the first input."""
        return inputs[0]


@dataclasses.dataclass(frozen=True)
class Conv(SingleLayer):
    """Convolution. Weights: ``kernel`` [kh, kw, C / groups, features], ``bias`` [features] where there is one."""

    features: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = 0
    groups: int = 1
    bias: bool = False
    dilation: int = 1

    @property
    def reach(self) -> Pair:
        """Height and width of what one output pixel reads."""
        return tuple((k - 1) * self.dilation + 1 for k in self.kernel)

    def pads(self, size: Pair) -> tuple[Pair, Pair]:
        """Padding of a map of this height and width, as `windows.pads`."""
        return pads(self.padding, self.reach, self.stride, size)

    def output(self, x: Shape) -> Shape:
        """(height', width', features)."""
        if x[2] % self.groups or self.features % self.groups:
            raise ValueError(f"{x[2]} to {self.features} channels cannot be split into {self.groups} groups")
        return (*count(x[:2], self.pads(x[:2]), self.reach, self.stride), self.features)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel, in height, width, input, output order, and the bias."""
        inputs = x[2] // self.groups
        fan_in = math.prod(self.kernel) * inputs
        weights = {"kernel": Weight((*self.kernel, inputs, self.features), fan_in)}
        return weights | {"bias": Weight((self.features,), 0)} if self.bias else weights

    def macs(self, x: Shape) -> int:
        """kh kw (C / groups) features for every output pixel; taps that read padding count as well."""
        height, width, features = self.output(x)
        return height * width * features * math.prod(self.kernel) * (x[2] // self.groups)


@dataclasses.dataclass(frozen=True)
class Pool(FreeLayer):
    """Maximum or average over windows.

    Attributes:
      count_padding: the average divides by the whole window, else by its real pixels.
      ceil: the last window may reach over the end.
    """

    kind: Literal["max", "avg"]
    kernel: Pair
    stride: Pair
    padding: Padding = 0
    count_padding: bool = False
    ceil: bool = False

    def pads(self, size: Pair) -> tuple[Pair, Pair]:
        """Padding of a map of this height and width; windows that reach over the end (`ceil`) not included."""
        return pads(self.padding, self.kernel, self.stride, size)

    def output(self, x: Shape) -> Shape:
        """(height', width', channels)."""
        return (*count(x[:2], self.pads(x[:2]), self.kernel, self.stride, self.ceil), x[2])


@dataclasses.dataclass(frozen=True)
class AdaptivePool(FreeLayer):
    """Average over a grid of `size` x `size` nearly equal parts, whatever the map's size."""

    size: int

    def output(self, x: Shape) -> Shape:
        """(size, size, channels)."""
        return (self.size, self.size, x[2])


@dataclasses.dataclass(frozen=True)
class GlobalPool(FreeLayer):
    """Average over the whole map; a vector, or with `keep` a map of one pixel."""

    keep: bool = False

    def output(self, x: Shape) -> Shape:
        """(channels,) or (1, 1, channels)."""
        return (1, 1, x[2]) if self.keep else (x[2],)


@dataclasses.dataclass(frozen=True)
class Linear(SingleLayer):
    """Linear layer on a vector. Weights: ``kernel`` [inputs, features], ``bias`` [features]."""

    features: int

    def output(self, x: Shape) -> Shape:
        """(features,)."""
        if len(x) != 1:
            raise ValueError(f"a linear layer reads a vector, not a map of shape {x}")
        return (self.features,)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Kernel and bias."""
        return {"kernel": Weight((x[0], self.features), x[0]), "bias": Weight((self.features,), 0)}

    def macs(self, x: Shape) -> int:
        """inputs * features."""
        return x[0] * self.features


@dataclasses.dataclass(frozen=True)
class Norm(_SameShape):
    """Batch normalisation (arXiv:1502.03167), with ``scale`` and ``bias`` [channels] where it is `affine`."""

    epsilon: float = 1e-5
    affine: bool = True

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Scale and bias; the running mean and variance, which are not trained, have the same shape."""
        return {"scale": Weight(x[-1:], 0), "bias": Weight(x[-1:], 0)} if self.affine else {}


@dataclasses.dataclass(frozen=True)
class Activation(_SameShape):
    """A function of every single value, one of `ACTIVATIONS`."""

    kind: str

    def __post_init__(self):
        check_choice("activation", self.kind, ACTIVATIONS)


@dataclasses.dataclass(frozen=True)
class Flatten(FreeLayer):
    """A map as a vector, in the order height, width, channels."""

    def output(self, x: Shape) -> Shape:
        """(height * width * channels,)."""
        return (math.prod(x),)


@dataclasses.dataclass(frozen=True)
class Dropout(_SameShape):
    """Dropout: in training sets values to 0 with probability `rate` and divides the others by 1 - rate."""

    rate: float


@dataclasses.dataclass(frozen=True)
class LocalNorm(_SameShape):
    """Local response normalisation over `size` neighbouring channels (AlexNet, section 3.3)."""

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 2.0


@dataclasses.dataclass(frozen=True)
class DropPath(_SameShape):
    """Where training asks for drop path, drops whole images of a branch (arXiv:1605.07648); else the identity."""


@dataclasses.dataclass(frozen=True)
class Input(FreeLayer):
    """The images, or another value that comes from outside."""

    shape: Shape

    def output(self) -> Shape:
        """The given shape."""
        return self.shape


@dataclasses.dataclass(frozen=True)
class Add(FreeLayer):
    """Sum of values of equal shape."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape that all inputs have."""
        if len(set(inputs)) != 1:
            raise ValueError(f"cannot add shapes {', '.join(map(str, inputs))}")
        return inputs[0]


@dataclasses.dataclass(frozen=True)
class Multiply(FreeLayer):
    """A map times a map of one pixel with as many channels: a gate."""

    def output(self, x: Shape, gate: Shape) -> Shape:
        """The shape of the map."""
        if gate != (1, 1, x[2]):
            raise ValueError(f"a gate for shape {x} must have shape {(1, 1, x[2])}, not {gate}")
        return x


@dataclasses.dataclass(frozen=True)
class Concat(FreeLayer):
    """Concatenation of channels."""

    def output(self, *inputs: Shape) -> Shape:
        """(height, width, sum of channels)."""
        if len({x[:2] for x in inputs}) != 1:
            raise ValueError(f"cannot concatenate shapes {', '.join(map(str, inputs))}")
        return (*inputs[0][:2], sum(x[2] for x in inputs))


@dataclasses.dataclass(frozen=True)
class Slice(FreeLayer):
    """Channels `start` to `stop` (exclusive)."""

    start: int
    stop: int

    def output(self, x: Shape) -> Shape:
        """(height, width, stop - start)."""
        if not 0 <= self.start < self.stop <= x[2]:
            raise ValueError(f"no channels {self.start} to {self.stop} among {x[2]}")
        return (*x[:2], self.stop - self.start)


@dataclasses.dataclass(frozen=True)
class PadChannels(FreeLayer):
    """Zeros behind the channels, up to `features`."""

    features: int

    def output(self, x: Shape) -> Shape:
        """(height, width, features)."""
        if x[2] > self.features:
            raise ValueError(f"{x[2]} channels cannot be padded to {self.features}")
        return (*x[:2], self.features)


@dataclasses.dataclass(frozen=True)
class Resize(FreeLayer):
    """A map of another height and width, pixel centres aligned as halves (no corner is kept in place).

    Attributes:
      size: height and width of the result.
      kind: ``"nearest"``, ``"bilinear"`` or ``"cubic"`` (a = -1/2), without low-pass filter where the map shrinks.
    """

    size: Pair
    kind: Literal["nearest", "bilinear", "cubic"] = "bilinear"

    def output(self, x: Shape) -> Shape:
        """(height', width', channels)."""
        return (*self.size, x[2])


@dataclasses.dataclass(frozen=True)
class PixelShuffle(FreeLayer):
    """Channels become pixels: a map `factor` times larger with factor^2 times fewer channels (arXiv:1609.05158).

    Pixel (f h + i, f w + j) of channel c is channel f^2 c + f i + j at (h, w).
    """

    factor: int

    def output(self, x: Shape) -> Shape:
        """(factor height, factor width, channels / factor^2)."""
        if x[2] % self.factor**2:
            raise ValueError(f"{x[2]} channels cannot become maps {self.factor} times larger")
        return (self.factor * x[0], self.factor * x[1], x[2] // self.factor**2)


@dataclasses.dataclass(frozen=True)
class Scaled(_SameShape):
    """The input times a constant."""

    factor: float


@dataclasses.dataclass(frozen=True)
class Identity(_SameShape):
    """The input as a value of its own, into which a node of a cell can be summed while others read the input."""


@dataclasses.dataclass(frozen=True)
class _InPlaceOfMap(FreeLayer):
    """What stands in place of a map, of every stride-th pixel."""

    stride: int = 1

    def output(self, x: Shape) -> Shape:
        """(ceil(height / stride), ceil(width / stride), channels)."""
        return (-(-x[0] // self.stride), -(-x[1] // self.stride), x[2])


@dataclasses.dataclass(frozen=True)
class Zero(_InPlaceOfMap):
    """Nothing: zeros."""


@dataclasses.dataclass(frozen=True)
class Noise(_InPlaceOfMap):
    """Standard normal numbers (RobustDARTS, arXiv:1909.09656, section 3, space S4)."""


@dataclasses.dataclass(frozen=True)
class Shuffle(_SameShape):
    """Channel shuffle: channels as a [groups, C / groups] table, read column by column (arXiv:1707.01083, figure 1)."""

    groups: int

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        if x[2] % self.groups:
            raise ValueError(f"{x[2]} channels cannot be shuffled in {self.groups} groups")
        return x
