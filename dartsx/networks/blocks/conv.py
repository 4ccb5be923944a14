"""Convolution, batch norm, activation: standard, pointwise, grouped, depthwise, separable and factorised."""

from __future__ import annotations

import dataclasses

from dartsx.networks.layers import Dropout, GlobalPool, Linear
from dartsx.networks.trace import Trace, Value
from dartsx.networks.windows import Padding, Pair


@dataclasses.dataclass(frozen=True)
class ConvNorm:
    """y = act(norm(W * x)): [H, W, C] -> [ceil(H / stride), ceil(W / stride), features].

    `kernel` 1 is the pointwise convolution. With `groups` G channels are split into G parts that do not see one
    another: W is [k, k, C / G, features], G times smaller (AlexNet, NeurIPS 2012).

    Attributes:
      features: output channels.
      kernel, stride: in height and width alike; two numbers for a kernel that is no square.
      groups: G.
      act: activation or None.
      norm: whether there is a batch norm.
      bias: whether the convolution has a bias; by default if and only if there is no batch norm.
      padding: half the kernel if None.
      epsilon: epsilon of the batch norm.
    """

    features: int
    kernel: int | Pair = 3
    stride: int = 1
    groups: int = 1
    act: str | None = "relu"
    norm: bool = True
    bias: bool | None = None
    padding: Padding | None = None
    epsilon: float = 1e-5

    def build(self, trace: Trace, x: Value) -> Value:
        """Convolution, batch norm, activation."""
        bias = not self.norm if self.bias is None else self.bias
        y = trace.conv(x, self.features, self.kernel, self.stride, self.padding, self.groups, bias)
        return trace.act(trace.norm(y, self.epsilon) if self.norm else y, self.act)


@dataclasses.dataclass(frozen=True)
class Depthwise:
    """One k x k filter per channel, then norm and activation: [H, W, C] -> [H / stride, W / stride, C].

    k k C weights; H W k k C multiply-adds. Source: MobileNet, arXiv:1704.04861, equation 3. Without `norm` the
    convolution has a bias.
    """

    kernel: int = 3
    stride: int = 1
    act: str | None = "relu"
    padding: Padding | None = None
    epsilon: float = 1e-5
    norm: bool = True

    def build(self, trace: Trace, x: Value) -> Value:
        """Depthwise convolution, batch norm, activation."""
        y = trace.conv(x, x.channels, self.kernel, self.stride, self.padding, x.channels, bias=not self.norm)
        return trace.act(trace.norm(y, self.epsilon) if self.norm else y, self.act)


@dataclasses.dataclass(frozen=True)
class Separable:
    """Depthwise-separable convolution: depthwise k x k, then pointwise: [H, W, C] -> [H / s, W / s, features].

    H W (k k C + C features) multiply-adds, 1 / features + 1 / k^2 of a standard convolution's
    (MobileNet, arXiv:1704.04861, section 3.1).

    Attributes:
      features, kernel, stride: as in `ConvNorm`.
      act: after the depthwise and after the pointwise convolution.
      linear: no activation at the end.
      norm: whether there are batch norms; without them both convolutions have a bias.
    """

    features: int
    kernel: int = 3
    stride: int = 1
    act: str = "relu"
    linear: bool = False
    norm: bool = True

    def build(self, trace: Trace, x: Value) -> Value:
        """Both convolutions with their norms."""
        y = trace.block(Depthwise(self.kernel, self.stride, self.act, norm=self.norm), x, "depthwise")
        pointwise = ConvNorm(self.features, 1, act=None if self.linear else self.act, norm=self.norm)
        return trace.block(pointwise, y, "pointwise")


@dataclasses.dataclass(frozen=True)
class Factorized:
    """A k x k convolution as 1 x k and k x 1, then norm and activation; 2 / k of its weights.

    The row strides the width, the column the height (Inception-v3, arXiv:1512.00567, section 3.2; NASNet,
    arXiv:1707.07012, section 3).
    """

    features: int
    kernel: int = 7
    stride: int = 1
    act: str | None = "relu"

    def build(self, trace: Trace, x: Value) -> Value:
        """Row, column, batch norm, activation."""
        y = trace.conv(x, self.features, (1, self.kernel), (1, self.stride), name="row")
        y = trace.conv(y, self.features, (self.kernel, 1), (self.stride, 1), name="column")
        return trace.act(trace.norm(y), self.act)


@dataclasses.dataclass(frozen=True)
class FactorizedReduction:
    """Halves a map by 1x1 convolutions on two sets of pixels, then norm: [H, W, C] -> [H / 2, W / 2, features].

    One reads the pixels (0, 0), (0, 2), ..., the other (1, 1), (1, 3), ...; behind the last row and column it reads
    zeros. Each makes half of the features, with an odd number the second makes one more. Source: NASNet,
    arXiv:1707.07012, appendix A.2.
    """

    features: int
    epsilon: float = 1e-5

    def build(self, trace: Trace, x: Value) -> Value:
        """Both convolutions, concatenation, batch norm."""
        half = self.features // 2
        even = trace.conv(x, half, 1, 2, name="even")
        odd = trace.conv(x, self.features - half, 1, 2, ((-1, 1), (-1, 1)), name="odd")
        return trace.norm(trace.concat(even, odd), self.epsilon, "reduction_norm")


@dataclasses.dataclass(frozen=True)
class Dense:
    """Linear layer, activation, on a vector: [inputs] -> [features]."""

    features: int
    act: str | None = "relu"

    def build(self, trace: Trace, x: Value) -> Value:
        """Both."""
        return trace.act(trace.add(Linear(self.features), x, name="linear"), self.act)


@dataclasses.dataclass(frozen=True)
class Classifier:
    """Head: global average, dropout, linear layer: [H, W, C] -> logits [classes]."""

    classes: int
    dropout: float = 0.0

    def build(self, trace: Trace, x: Value) -> Value:
        """The logits."""
        y = trace.add(GlobalPool(), x)
        y = trace.add(Dropout(self.dropout), y) if self.dropout else y
        return trace.add(Linear(self.classes), y, name="classifier")
