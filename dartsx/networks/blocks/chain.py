"""Blocks one after the other, and none at all."""

from __future__ import annotations

import dataclasses

from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class Chain:
    """Blocks one after the other; without any it is the identity."""

    blocks: tuple[Block, ...] = ()

    def build(self, trace: Trace, x: Value) -> Value:
        """All of them."""
        for i, block in enumerate(self.blocks):
            x = trace.block(block, x, f"block{i}")
        return x


IDENTITY = Chain()
