"""Inverted bottlenecks: MobileNetV2's, MobileNetV3's, EfficientNet's and MixNet's block."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.mixconv import mixed_depthwise, mixed_pointwise
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite, gated
from dartsx.networks.open.size import same
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class InvertedBottleneck:
    """y = norm P(se(act norm D(act norm E x))) (+ x): [H, W, C] -> [H / stride, W / stride, features].

    E is a 1x1 convolution to `expanded` channels (left out where that is C, unless it `expands` always), D a depthwise
    one, P a 1x1 convolution without activation: the bottleneck is linear. x is added where shapes agree. Sources:
    MobileNetV2 (relu6), arXiv:1801.04381, figure 4; MobileNetV3 (hard swish, `se`), arXiv:1905.02244, figure 4; MixNet
    (several kernels), arXiv:1907.09595, figure 1.

    Attributes:
      features: output channels.
      expanded: channels between, or with `expansion` their multiple of the input's.
      kernel: kernel size of the depthwise convolution; several share its channels (MixConv).
      stride: stride of the depthwise convolution.
      se: gate before P.
      act: activation.
      residual: whether x may be added.
      splits_in, splits_out: number of parts in which E and P convolve (MixNet).
      epsilon: epsilon of the batch norms.
      expands: whether E stands also where it keeps the number of channels.
    """

    features: int
    expansion: float | None = None
    expanded: int | None = None
    kernel: int | tuple[int, ...] = 3
    stride: int = 1
    se: SqueezeExcite | None = None
    act: str = "relu6"
    residual: bool = True
    splits_in: int = 1
    splits_out: int = 1
    epsilon: float = 1e-5
    expands: bool = False

    def build(self, trace: Trace, x: Value) -> Value:
        """Expand, depthwise, gate, project, add."""
        expanded = self.expanded or round(x.channels * self.expansion)
        y = x
        if self.expands or not same(expanded, x.channels):
            y = mixed_pointwise(trace, y, expanded, self.splits_in, "expand")
            y = trace.act(trace.norm(y, self.epsilon, "expand_norm"), self.act)
        y = mixed_depthwise(trace, y, self.kernel, self.stride)
        y = trace.act(trace.norm(y, self.epsilon, "depthwise_norm"), self.act)
        y = gated(trace, y, self.se, x.channels)
        y = mixed_pointwise(trace, y, self.features, self.splits_out, "project")
        y = trace.norm(y, self.epsilon, "project_norm")
        if self.residual and self.stride == 1 and same(x.channels, self.features):
            return trace.sum(x, trace.drop_path(y))
        return y
