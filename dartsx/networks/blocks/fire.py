"""SqueezeNet's fire module (arXiv:1602.07360, section 3.2 and figure 1)."""

from __future__ import annotations

import dataclasses
from typing import Literal

from dartsx.networks.trace import Trace, Value
from dartsx.networks.windows import Padding

Bypass = Literal["none", "simple", "complex"]


@dataclasses.dataclass(frozen=True)
class Fire:
    """y = concat(relu(E1 s), relu(E3 s)), s = relu(S x): [H, W, C] -> [H, W, features].

    S is a 1x1 convolution to `squeeze` channels; E1 (1x1) and E3 (3x3) make half of the features each. All have
    biases: C s + s + 10 s f / 2 + f parameters for s squeezed channels and f features.

    Attributes:
      features: output channels, even.
      squeeze: s; the paper's squeeze ratio is s / features (0.125).
      bypass: ``"simple"`` adds x (section 6, needs C = features), ``"complex"`` adds a 1x1 convolution of x.
    """

    features: int
    squeeze: int
    bypass: Bypass = "none"

    def build(self, trace: Trace, x: Value) -> Value:
        """Squeeze, expand, bypass."""
        squeezed = _conv_relu(trace, x, self.squeeze, 1, "squeeze")
        half = self.features // 2
        ones = _conv_relu(trace, squeezed, half, 1, "expand1x1")
        threes = _conv_relu(trace, squeezed, half, 3, "expand3x3", 1)
        y = trace.concat(ones, threes)
        if self.bypass == "simple":
            return trace.sum(x, y)
        if self.bypass == "complex":
            return trace.sum(trace.conv(x, self.features, 1, bias=True, name="bypass"), y)
        return y


def _conv_relu(trace: Trace, x: Value, features: int, kernel: int, name: str, padding: Padding = 0) -> Value:
    return trace.act(trace.conv(x, features, kernel, padding=padding, bias=True, name=name), "relu")
