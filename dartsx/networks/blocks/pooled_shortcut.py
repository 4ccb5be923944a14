"""A shortcut around any block: pooled where it strides, convolved where it changes the width."""

from __future__ import annotations

import dataclasses

from dartsx.networks.open.size import same
from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class PooledShortcut:
    """y = block(x) + S x: [H, W, C] -> [H / stride, W / stride, features].

    S averages windows of stride x stride pixels, then convolves 1x1 without norm where the width changes; it is the
    identity where neither does (AttentiveNAS, arXiv:2011.09011, released code).

    Attributes:
      block: without a shortcut of its own.
      features: its output channels.
      stride: its stride.
    """

    block: Block
    features: int
    stride: int = 1

    def build(self, trace: Trace, x: Value) -> Value:
        """Block and shortcut."""
        y = self.block.build(trace, x)
        with trace.scope("shortcut"):
            x = x if self.stride == 1 else trace.pool(x, "avg", self.stride, self.stride, "same")
            x = x if same(x.channels, self.features) else trace.conv(x, self.features, 1)
        return trace.sum(x, trace.drop_path(y))
