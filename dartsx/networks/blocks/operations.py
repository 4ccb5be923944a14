"""The 13 operations of the NASNet search space, as its networks apply them (arXiv:1707.07012, section 3).

Each brings its input to the cell's number of filters. The released code of NASNet holds only those that NASNet-A uses;
the others are as in the release of AmoebaNet, which has the same space: full convolutions work on a quarter (1x3-3x1:
three eighths) of the filters between two 1x1 convolutions.
"""

from __future__ import annotations

import dataclasses

from dartsx.networks.open.size import same
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class Identity:
    """x; where stride or width change: norm conv1x1 relu x. Never dropped by drop path."""

    def apply(self, cell: Filters, x: Value, stride: int) -> Value:
        """[H, W, C] -> [H / stride, W / stride, F]."""
        return x if stride == 1 and same(x.channels, cell.features) else cell.conv(x, cell.features, 1, stride, "1x1")


@dataclasses.dataclass(frozen=True)
class Pooling:
    """Maximum or average of real pixels, then norm conv1x1 if the width changes."""

    kind: str
    kernel: int

    def apply(self, cell: Filters, x: Value, stride: int) -> Value:
        """[H, W, C] -> [H / stride, W / stride, F]."""
        y = cell.trace.pool(x, self.kind, self.kernel, stride, "same")
        if not same(y.channels, cell.features):
            y = cell.norm(cell.trace.conv(y, cell.features, 1, name="1x1"), "1x1")
        return cell.drop(y)


@dataclasses.dataclass(frozen=True)
class Separable:
    """Twice: norm pointwise depthwise relu; the first strides."""

    kernel: int

    def apply(self, cell: Filters, x: Value, stride: int) -> Value:
        """[H, W, C] -> [H / stride, W / stride, F]."""
        y, trace = x, cell.trace
        for unit, step in ((1, stride), (2, 1)):
            y = trace.act(y, "relu")
            y = trace.conv(y, y.channels, self.kernel, step, "same", y.channels, name=f"depthwise{unit}")
            y = cell.norm(trace.conv(y, cell.features, 1, name=f"pointwise{unit}"), f"separable{unit}")
        return cell.drop(y)


@dataclasses.dataclass(frozen=True)
class Bottlenecked:
    """norm conv1x1 relu, then kernels (each norm conv relu) on fewer filters, norm conv1x1 relu.

    Attributes:
      kernels: heights and widths, one after the other; a dimension of 1 does not stride.
      share: share of the filters, as (numerator, denominator).
      dilation: dilation of the kernels.
    """

    kernels: tuple[tuple[int, int], ...]
    share: tuple[int, int] = (1, 4)
    dilation: int = 1

    def apply(self, cell: Filters, x: Value, stride: int) -> Value:
        """[H, W, C] -> [H / stride, W / stride, F]."""
        inner = cell.features * self.share[0] // self.share[1]
        y = cell.conv(x, inner, 1, 1, "pre") if inner else x
        for kernel in self.kernels:
            steps = tuple(stride if k > 1 else 1 for k in kernel)
            y = cell.conv(y, inner or cell.features, kernel, steps, f"{kernel[0]}x{kernel[1]}", self.dilation)
        return cell.drop(cell.conv(y, cell.features, 1, 1, "post") if inner else y)


@dataclasses.dataclass(frozen=True)
class Pointwise:
    """norm conv1x1 relu."""

    def apply(self, cell: Filters, x: Value, stride: int) -> Value:
        """[H, W, C] -> [H / stride, W / stride, F]."""
        return cell.drop(cell.conv(x, cell.features, 1, stride, "1x1"))


@dataclasses.dataclass(frozen=True)
class Filters:
    """What the operations of a cell share: where they are written down, F filters, epsilon of the norms."""

    trace: Trace
    features: int
    epsilon: float

    def conv(self, x: Value, features: int, kernel, stride, name: str, dilation: int = 1) -> Value:
        """norm conv relu."""
        y = self.trace.act(x, "relu")
        y = self.trace.conv(y, features, kernel, stride, "same", dilation=dilation, name=name)
        return self.norm(y, name)

    def norm(self, x: Value, name: str) -> Value:
        """Batch norm of the convolution of this name."""
        return self.trace.norm(x, self.epsilon, f"{name}_norm")

    def drop(self, x: Value) -> Value:
        """Drop path."""
        return self.trace.drop_path(x)


OPERATIONS = {
    "identity": Identity(),
    "conv_1x3_3x1": Bottlenecked(((1, 3), (3, 1)), (3, 8)),
    "conv_1x7_7x1": Bottlenecked(((1, 7), (7, 1))),
    "dil_conv_3x3": Bottlenecked(((3, 3),), dilation=2),
    "avg_pool_3x3": Pooling("avg", 3),
    "max_pool_3x3": Pooling("max", 3),
    "max_pool_5x5": Pooling("max", 5),
    "max_pool_7x7": Pooling("max", 7),
    "conv_1x1": Pointwise(),
    "conv_3x3": Bottlenecked(((3, 3),)),
    "sep_conv_3x3": Separable(3),
    "sep_conv_5x5": Separable(5),
    "sep_conv_7x7": Separable(7),
}
