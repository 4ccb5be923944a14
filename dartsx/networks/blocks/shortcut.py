"""A shortcut around any block."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.chain import IDENTITY, Chain
from dartsx.networks.layers import Conv, Pool
from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class Residual:
    """y = block(x) + shortcut(x), without activation; drop path acts on the block (arXiv:1512.03385, equation 1).

    Attributes:
      block: a block without a shortcut of its own.
      shortcut: makes the same shape; by default the identity.
    """

    block: Block
    shortcut: Block = IDENTITY

    def build(self, trace: Trace, x: Value) -> Value:
        """Block and shortcut."""
        y = self.block.build(trace, x)
        return trace.sum(trace.block(self.shortcut, x, "shortcut"), trace.drop_path(y))


def pooled(features: int, kernel: int, stride: int, widens: bool) -> Chain:
    """Averages of windows, then where the block `widens` a 1x1 convolution to `features`, without norm or bias.

    Windows of one pixel are left out. With ``kernel == stride`` it is AttentiveNAS's (arXiv:2011.09011, released code).
    """
    pool = (Pool("avg", (kernel, kernel), (stride, stride), "same"),) if kernel > 1 else ()
    return Chain(pool + ((Conv(features, (1, 1)),) if widens else ()))
