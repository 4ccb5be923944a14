"""Squeeze-and-Excitation: channels reweighted by what the whole map holds (arXiv:1709.01507)."""

from __future__ import annotations

import dataclasses
from typing import Literal

from dartsx.networks.open.size import each
from dartsx.networks.rounding import make_divisible
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class SqueezeExcite:
    """y = x * gate(W2 act(W1 mean(x))): [H, W, C] -> [H, W, C]; both convolutions 1 x 1 with bias.

    As a block it gates its input; other blocks take it as their `se` and apply it inside (equations 2 to 4).

    Attributes:
      ratio: squeezed channels over channels of `of`, the inverse of the paper's reduction ratio r.
      of: the channels that are gated, or those that entered the surrounding block.
      divisor: squeezed channels are rounded to a multiple of this.
      act, gate: the two activations.
      features: squeezed channels, where they are given as such and not by the ratio.
    """

    ratio: float = 1 / 16
    of: Literal["gated", "input"] = "gated"
    divisor: int = 1
    act: str = "relu"
    gate: str = "sigmoid"
    features: int | None = None

    def build(self, trace: Trace, x: Value, block_input: int | None = None) -> Value:
        """Gates x; `block_input` is the number of channels that entered the surrounding block."""
        squeezed = self.features or self._squeezed(x.channels, block_input)
        with trace.scope("se"):
            y = trace.global_pool(x)
            y = trace.act(trace.conv(y, squeezed, 1, bias=True, name="squeeze"), self.act)
            y = trace.act(trace.conv(y, x.channels, 1, bias=True, name="excite"), self.gate)
            return trace.gate(x, y)

    def _squeezed(self, channels: int, block_input: int | None) -> int:
        of = channels if self.of == "gated" or block_input is None else block_input
        return (
            make_divisible(of * self.ratio, self.divisor) if self.divisor > 1 else each(max, 1, round(of * self.ratio))
        )


def gated(trace: Trace, x: Value, se: SqueezeExcite | None, block_input: int) -> Value:
    """x, through the gate where there is one."""
    return x if se is None else se.build(trace, x, block_input)
