"""Building blocks of hand-designed networks as candidates, in sizes that suit an edge of a cell.

At stride 2 the depthwise or spatial convolution strides; residual blocks then take every other pixel of their input as
shortcut (ResNet's option A), and blocks without a stride of their own (or that change their width with it) follow a
3x3 max pool of stride 2. Widths must be divisible by 4.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import ConvNorm, Depthwise, Factorized, Separable
from dartsx.networks.blocks.fire import Fire
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.mixconv import MixConv
from dartsx.networks.blocks.residual import BasicBlock, Bottleneck
from dartsx.networks.blocks.shuffle import ShuffleUnitV1, ShuffleUnitV2
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.trace import Block, Trace, Value

GROUPS = 4
GATE = SqueezeExcite(1 / 4)
HARD_GATE = SqueezeExcite(1 / 4, gate="hard_sigmoid")


@dataclasses.dataclass(frozen=True)
class Pooled:
    """A block behind a 3x3 max pool of stride 2."""

    block: Block

    def build(self, trace: Trace, x: Value) -> Value:
        """Pool and block; the block's layers have the names that they have without pool."""
        return self.block.build(trace, trace.pool(x, "max", 3, 2, 1))


def _pooled(block: Block, stride: int) -> Block:
    return Pooled(block) if stride == 2 else block


def _inverted(kernel: int, expansion: int, act: str, se: SqueezeExcite | None) -> Callable[[int, int], Block]:
    return lambda c, s: InvertedBottleneck(c, expansion, None, kernel, s, se, act)


CANDIDATE_BLOCKS: dict[str, Callable[[int, int], Block]] = {
    "conv_1x1": lambda c, s: ConvNorm(c, 1, s, act=None),
    "conv_3x3": lambda c, s: ConvNorm(c, 3, s, act=None),
    "group_conv_3x3": lambda c, s: ConvNorm(c, 3, s, GROUPS, act=None),
    "depthwise_3x3": lambda c, s: Depthwise(3, s, act=None),
    "separable_3x3": lambda c, s: Separable(c, 3, s, linear=True),
    "factorized_5x5": lambda c, s: Factorized(c, 5, s, act=None),
    "basic_block": lambda c, s: BasicBlock(c, s, padded=True),
    "bottleneck": lambda c, s: Bottleneck(c, c // 2, s, padded=True),
    "resnext_block": lambda c, s: Bottleneck(c, c, s, GROUPS, padded=True),
    "se_bottleneck": lambda c, s: Bottleneck(c, c // 2, s, se=GATE, padded=True),
    "fire": lambda c, s: _pooled(Fire(c, c // 2), s),
    "inverted_3x3": _inverted(3, 3, "relu6", None),
    "inverted_5x5": _inverted(5, 6, "relu6", None),
    "mobilenet_v3_5x5": _inverted(5, 3, "hard_swish", HARD_GATE),
    "shuffle_v1": lambda c, s: _pooled(ShuffleUnitV1(c, 2, squeeze=2), s),
    "shuffle_v2": lambda c, s: _pooled(ShuffleUnitV2(c), s),
    "mixconv_3_5": lambda c, s: Chain((MixConv((3, 5), s), ConvNorm(c, 1, act=None))),
}
