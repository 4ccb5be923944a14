"""Candidate operations on the edges of cells: those of DARTS, of its successors and of NAS-Bench-201.

A candidate is a function of the edge's channels C and stride: it makes the block [H, W, C] -> [ceil(H / stride),
ceil(W / stride), C] of a network; supernets normalise pools besides. The table is the one list of all names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from dartsx.networks.blocks.candidate_blocks import CANDIDATE_BLOCKS
from dartsx.networks.blocks.conv import ConvNorm, Factorized, FactorizedReduction
from dartsx.networks.layers import Identity, Input, Noise, Norm, Pool, Shape
from dartsx.networks.trace import Block, Trace, Value

Make = Callable[[int, int], Block]
_NOMINAL = (8, 8, 16)  # what a block ends with depends on no shape


@dataclasses.dataclass(frozen=True)
class Activated:
    """A block that reads relu(x)."""

    block: Block

    def build(self, trace: Trace, x: Value) -> Value:
        """ReLU and block."""
        return trace.block(self.block, trace.act(x, "relu"))


@dataclasses.dataclass(frozen=True)
class SeparableUnits:
    """`units` times norm pointwise depthwise relu; the first strides (DARTS, arXiv:1806.09055, section 3.1)."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    units: int = 1

    def build(self, trace: Trace, x: Value) -> Value:
        """All units; C channels throughout."""
        for i in range(1, self.units + 1):
            number, stride = i if self.units > 1 else "", self.stride if i == 1 else 1
            y = trace.act(x, "relu")
            y = trace.conv(
                y, x.channels, self.kernel, stride, None, x.channels, False, self.dilation, f"depthwise{number}"
            )
            x = trace.norm(trace.conv(y, x.channels, 1, name=f"pointwise{number}"), name=f"norm{number}")
        return x


@dataclasses.dataclass(frozen=True)
class OnEdge:
    """A block of any origin on an edge: its result has the edge's shape and is normalised.

    Attributes:
      block: what it is.
      normalised: a batch norm follows, as the block does not end in one.
      stride: stride of the edge.
    """

    block: Block
    normalised: bool
    stride: int

    def build(self, trace: Trace, x: Value) -> Value:
        """The block, and a batch norm where it needs one.

        Raises:
          ValueError: the block makes another shape than an edge must have.
        """
        y = trace.block(self.block, x)
        wanted = (*(-(-n // self.stride) for n in x.shape[:2]), x.channels)
        if y.shape != wanted:
            raise ValueError(f"{self.block} makes {y.shape} of {x.shape}; an edge needs {wanted}")
        return trace.norm(y, name="out") if self.normalised else y


def on_edge(make: Make) -> Make:
    """The candidate that a block of any origin is: the same layers at both strides, the last one a batch norm."""

    def made(channels: int, stride: int) -> OnEdge:
        shape = (*_NOMINAL[:2], channels)
        ends = [traced(make(channels, s), shape).steps[-1].layer for s in (1, 2)]
        return OnEdge(make(channels, stride), not all(isinstance(layer, Norm) for layer in ends), stride)

    return made


def traced(block: Block, shape: Shape) -> Trace:
    """The trace of a block alone, of which the first step is the input of this shape."""
    trace = Trace()
    trace.block(block, trace.add(Input(shape)))
    return trace


def _pool(kind: str) -> Make:
    return lambda c, s: Pool(kind, (3, 3), (s, s), 1)


def _separable(kernel: int, dilation: int = 1, units: int = 1) -> Make:
    return lambda c, s: SeparableUnits(kernel, s, dilation, units)


CANDIDATES: dict[str, Make] = {
    "max_pool_3x3": _pool("max"),
    "avg_pool_3x3": _pool("avg"),
    "skip_connect": lambda c, s: Identity() if s == 1 else Activated(FactorizedReduction(c)),
    "sep_conv_3x3": _separable(3, units=2),
    "sep_conv_5x5": _separable(5, units=2),
    "dil_conv_3x3": _separable(3, dilation=2),
    "dil_conv_5x5": _separable(5, dilation=2),
    "sep_conv_7x7": _separable(7, units=2),  # NASNet-A, AmoebaNet-A
    "conv_7x1_1x7": lambda c, s: Activated(Factorized(c, 7, s, None)),  # AmoebaNet-A
    "conv_3x1_1x3": lambda c, s: Activated(Factorized(c, 3, s, None)),  # SETN
    **{name: on_edge(make) for name, make in CANDIDATE_BLOCKS.items()},
    "nor_conv_1x1": lambda c, s: Activated(ConvNorm(c, 1, s, act=None)),  # NAS-Bench-201
    "nor_conv_3x3": lambda c, s: Activated(ConvNorm(c, 3, s, act=None)),
    "noise": lambda c, s: Noise(s),  # RobustDARTS, space S4
}
