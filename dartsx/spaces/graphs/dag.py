"""Whole networks as directed acyclic graphs of layers (as in NASBOT, arXiv:1802.07191, section 3), bounded.

| decision | options |
|---|---|
| nodes | 1 to `most` |
| op of a node | convolution 3x3 or 5x5, residual block, 2x2 pool that halves the map |
| width of a node that is no pool | 16, 32, 64 |
| inputs of a node | every set of values before it that is not empty |

Edges lead to later nodes only, so that every choice is acyclic; graphs that differ in the order of nodes alone are
counted apart. Inputs are brought to the smallest of their maps by averages and concatenated; so are, behind the last
node, all values that none reads. NASBOT's layers besides these (fully connected ones, other pools) are left out.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping

from dartsx.networks import Decision, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.residual import BasicBlock
from dartsx.networks.trace import Trace, Value
from dartsx.spaces.scale import CIFAR, Scale
from dartsx.spaces.written_space import WrittenSpace

WIDE = ("conv_3x3", "conv_5x5", "residual")
OPERATIONS = (*WIDE, "pool")
WIDTHS = ("16", "32", "64")


@dataclasses.dataclass(frozen=True)
class Dag:
    """Nodes that read earlier values; value 0 is the input.

    Attributes:
      nodes: operation, width (0 of a pool), inputs.
    """

    nodes: tuple[tuple[str, int, tuple[int, ...]], ...]

    def build(self, trace: Trace, x: Value) -> Value:
        """All nodes, and the concatenation of the values that none reads."""
        values, unread = [x], set(range(len(self.nodes) + 1))
        for i, (op, width, inputs) in enumerate(self.nodes, 1):
            with trace.scope(f"node{i}"):
                values.append(_apply(trace, op, width, _joined(trace, [values[j] for j in inputs])))
            unread -= set(inputs)
        return _joined(trace, [values[i] for i in sorted(unread)])


def _apply(trace: Trace, op: str, width: int, x: Value) -> Value:
    if op == "pool":
        return trace.pool(x, "max", 2, 2, "same")
    block = BasicBlock(width) if op == "residual" else ConvNorm(width, 3 if op == "conv_3x3" else 5)
    return trace.block(block, x)


def _joined(trace: Trace, values: list[Value]) -> Value:
    """Concatenation of maps whose sizes are a power of 2 apart, at the smallest."""
    size = min(value.shape[0] for value in values)
    factors = [2 ** round(math.log2(value.shape[0] / size)) for value in values]
    pooled = [
        value if factor == 1 else trace.pool(value, "avg", factor, factor, "same")
        for value, factor in zip(values, factors, strict=True)
    ]
    return trace.concat(*pooled)


def space(most: int, widths: tuple[str, ...] = WIDTHS, scale: Scale = CIFAR) -> WrittenSpace:
    """All graphs of up to `most` nodes."""
    decisions: dict[str, Decision] = {"nodes": Decision(tuple(str(n) for n in range(1, most + 1)))}
    for i in range(1, most + 1):
        there = () if i == 1 else tuple(("nodes", str(n)) for n in range(i, most + 1))
        sets = itertools.chain.from_iterable(itertools.combinations(range(i), size) for size in range(1, i + 1))
        decisions[f"node{i}/op"] = Decision(OPERATIONS, there)
        decisions[f"node{i}/width"] = Decision(widths, tuple((f"node{i}/op", op) for op in WIDE))
        decisions[f"node{i}/inputs"] = Decision(tuple("+".join(map(str, found)) for found in sets), there)

    def write(choices: Mapping[str, str], scale: Scale) -> Network:
        nodes = []
        for i in range(1, int(choices["nodes"]) + 1):
            inputs = tuple(map(int, choices[f"node{i}/inputs"].split("+")))
            nodes.append((choices[f"node{i}/op"], int(choices.get(f"node{i}/width", 0)), inputs))
        stem, head = (ConvNorm(16),), (Classifier(scale.classes),)
        return Network("dag", stem, ((Dag(tuple(nodes)),),), head, "arXiv:1802.07191, section 3", scale.pixels)

    return WrittenSpace(decisions, write, scale)


def count(most: int, widths: int = len(WIDTHS)) -> int:
    """Number of architectures: a product per node (operations with their widths, sets of inputs), summed over sizes."""
    options = [(len(WIDE) * widths + 1) * (2**i - 1) for i in range(1, most + 1)]
    return sum(math.prod(options[:nodes]) for nodes in range(1, most + 1))


dag = space(6)
