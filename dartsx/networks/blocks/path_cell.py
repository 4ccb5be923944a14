"""The cell of Auto-DeepLab (arXiv:1901.02985, section 3.1), closed and with its decisions left open.

Nodes 0 and 1 are the results of the last layer and of the one before it; both pass relu, 1x1 convolution and norm. Each
further node is the sum of two operations on earlier ones, and the result is the concatenation of these nodes. On the
way to a larger map the inputs are resized first; on the way to a smaller one, operations on inputs have stride 2.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from dartsx.networks.blocks.candidates import Activated, SeparableUnits
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.layers import Identity, Pool, Resize, Zero
from dartsx.networks.open.choice import Choice
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Block, Trace, Value

INPUTS, SIDES = 2, ("left", "right")


@dataclasses.dataclass(frozen=True)
class Halved:
    """The map at half its size, resized bilinearly."""

    def build(self, trace: Trace, x: Value) -> Value:
        """The resize."""
        return trace.add(Resize(tuple(-(-size // 2) for size in x.shape[:2])), x)


@dataclasses.dataclass(frozen=True)
class Atrous:
    """relu, dense k x k convolution of rate 2, norm; at stride 2 a map of half the size and rate 1 instead."""

    features: int
    kernel: int
    stride: int = 1

    def build(self, trace: Trace, x: Value) -> Value:
        """Activation, resize, convolution, norm."""
        y = trace.act(x, "relu")
        if self.stride == 2:
            y = Halved().build(trace, y)
        y = trace.conv(y, self.features, self.kernel, dilation=1 if self.stride == 2 else 2)
        return trace.norm(y)


# Name -> (channels, stride) -> block; published cells use the convolutions.
OPERATIONS: dict[str, Callable[[int, int], Block]] = {
    "separable_3x3": lambda c, s: SeparableUnits(3, s, units=2),
    "separable_5x5": lambda c, s: SeparableUnits(5, s, units=2),
    "atrous_3x3": lambda c, s: Atrous(c, 3, s),
    "atrous_5x5": lambda c, s: Atrous(c, 5, s),
    "avg_pool_3x3": lambda c, s: Pool("avg", (3, 3), (s, s), 1),
    "max_pool_3x3": lambda c, s: Pool("max", (3, 3), (s, s), 1),
    "skip_connect": lambda c, s: Identity() if s == 1 else Halved(),
    "none": lambda c, s: Zero(s),
}


@dataclasses.dataclass(frozen=True)
class PathCell:
    """A cell at a level: [H, W, C] -> [H', W', nodes x features].

    Attributes:
      cell: (operation, source) of the nodes 2, 3, ..., two for each.
      features: channels of a node.
      move: level of this cell less that of the cell before: -1, 0 or 1.
    """

    cell: tuple[tuple[str, int], ...]
    features: int
    move: int = 0

    def build(self, trace: Trace, x: Value) -> Value:
        """The cell of x and the result of the block before that."""
        size = tuple(2 * length if self.move < 0 else length for length in x.shape[:2])
        return self.joined(trace, *(self.laid(trace, value, size, i) for i, value in enumerate((x, trace.results[-2]))))

    def laid(self, trace: Trace, x: Value, size: tuple[int, int], number: int) -> Value:
        """Input 0, the result of the last layer, or 1 as the nodes read it: of this height and width."""
        return _laid(trace, x, size, number, self.features)

    def joined(self, trace: Trace, newer: Value, older: Value) -> Value:
        """All nodes, and their concatenation."""
        states = [newer, older]
        for i in range(0, len(self.cell), 2):
            states.append(trace.sum(*(self._computed(trace, states, j) for j in (i, i + 1))))
        return trace.concat(*states[INPUTS:])

    def _computed(self, trace: Trace, states: list[Value], number: int) -> Value:
        name, source = self.cell[number]
        block = OPERATIONS[name](self.features, _stride(self.move, source))
        return trace.drop_path(trace.block(block, states[source], f"op{number}"))


@dataclasses.dataclass(frozen=True)
class OpenPathCell:
    """Leaves open what every node of a `PathCell` reads, and by which operations.

    Decisions of node 2, 3, ...: ``name/2/left_state``, ``name/2/left``, ``name/2/right_state``, ``name/2/right``. Open,
    an operation reads the mixture of the earlier nodes. On the way to a smaller map it reads the mixture of the inputs,
    at stride 2, and that of the nodes apart, each counted as much as it is chosen.

    Attributes:
      name: first part of the decisions' names.
      nodes: number of nodes besides the inputs.
      features: channels of a node.
      move: see `PathCell`.
      operations: names of `OPERATIONS`.
    """

    name: str
    nodes: int
    features: int
    move: int = 0
    operations: tuple[str, ...] = tuple(OPERATIONS)

    def laid(self, trace: Trace, x: Value, size: tuple[int, int], number: int) -> Value:
        """See `PathCell.laid`."""
        return _laid(trace, x, size, number, self.features)

    def joined(self, trace: Trace, newer: Value, older: Value) -> Value:
        """All nodes, and their concatenation."""
        states = [newer, older]
        for node in range(self.nodes):
            pair = [self._side(trace, states, 2 * node + i, self._decision(node, i)) for i in range(2)]
            states.append(trace.sum(*pair))
        return trace.concat(*states[INPUTS:])

    def close(self, choices: Choices) -> PathCell:
        """The cell of these choices."""
        cell = []
        for node in range(self.nodes):
            states = tuple(map(str, range(INPUTS + node)))
            for i in range(2):
                name = self._decision(node, i)
                operation = chosen(choices, name, self.operations)
                cell.append((operation, int(chosen(choices, f"{name}_state", states))))
        return PathCell(tuple(cell), self.features, self.move)

    def _decision(self, node: int, side: int) -> str:
        return f"{self.name}/{INPUTS + node}/{SIDES[side]}"

    def _side(self, trace: Trace, states: list[Value], number: int, name: str) -> Value:
        """One of the two operations of a node, on a mixture of earlier ones."""
        decision, labels = f"{name}_state", tuple(map(str, range(len(states))))
        trace.decide(decision, labels)
        by_stride: dict[int, list[int]] = {}
        for source in range(len(states)):
            by_stride.setdefault(_stride(self.move, source), []).append(source)
        results, places, token = [], [], object()
        for stride, sources in by_stride.items():
            places.append(trace.where(decision, *(labels[i] for i in sources)) if len(by_stride) > 1 else trace.place)
            each = Weighted(tuple(trace.where(decision, labels[i]) for i in sources), trace.place, normalised=True)
            choice = Choice(name, {label: OPERATIONS[label](self.features, stride) for label in self.operations})
            with trace.at(places[-1]), trace.scope(f"op{number}"), trace.option(token, f"stride{stride}"):
                results.append(choice.build(trace, trace.add(each, *(states[i] for i in sources))))
        return results[0] if len(results) == 1 else trace.add(Weighted(tuple(places), trace.place), *results)


def _stride(move: int, source: int) -> int:
    return 2 if move > 0 and source < INPUTS else 1


def _laid(trace: Trace, x: Value, size: tuple[int, int], number: int, features: int) -> Value:
    x = x if x.shape[:2] == size else trace.add(Resize(size), x)
    return trace.block(Activated(ConvNorm(features, 1, act=None)), x, f"pre{number}")
