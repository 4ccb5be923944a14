"""A directed acyclic graph of blocks whose nodes choose which earlier values they read."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Literal

from dartsx.networks.errors import check_choice
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.place import Place
from dartsx.networks.open.rules import BySource
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Block, Trace, Value

COMBINE = ("sum", "concat")


@dataclasses.dataclass(frozen=True)
class Read:
    """Earlier values of a graph by their numbers."""

    sources: tuple[int, ...]

    def read(self, trace: Trace, values: list[Value]) -> tuple[Value, ...]:
        """These values."""
        return tuple(values[source] for source in self.sources)

    def sets(self, trace: Trace) -> tuple[tuple[tuple[int, ...], Place], ...]:
        """Sets of sources, each with the place at which it is read: these here."""
        return ((self.sources, trace.place),)


@dataclasses.dataclass(frozen=True)
class Pick:
    """Leaves open which `count` of several earlier values are read.

    Attributes:
      name: the decision; its options are the sets of sources, labelled as ``0+2``.
      count: number of values that are picked.
      sources: numbers of the values to pick from, rising.

    Raises ValueError if there are fewer sources than that.
    """

    name: str
    count: int
    sources: tuple[int, ...]

    def __post_init__(self):
        sources = tuple(sorted(set(self.sources)))
        if not 1 <= self.count <= len(sources):
            raise ValueError(f"{self.name} picks {self.count} of the values {sources}")
        object.__setattr__(self, "sources", sources)

    @property
    def options(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Label and sources of every option."""
        sets = itertools.combinations(self.sources, self.count)
        return tuple(("+".join(map(str, sources)), sources) for sources in sets)

    def read(self, trace: Trace, values: list[Value]) -> tuple[Value, ...]:
        """First, second, ... picked value, each the sum over all sources that may come in this place."""
        self.sets(trace)
        return tuple(self._slot(trace, values, slot) for slot in range(self.count))

    def sets(self, trace: Trace) -> tuple[tuple[tuple[int, ...], Place], ...]:
        """Sets of sources, each with the place at which it is read; leaves the decision open there."""
        trace.decide(self.name, tuple(label for label, _ in self.options), BySource(self.name, self.options))
        return tuple((sources, trace.where(self.name, label)) for label, sources in self.options)

    def close(self, choices: Choices) -> Read:
        """The chosen ones."""
        options = dict(self.options)
        return Read(options[chosen(choices, self.name, tuple(options))])

    def _slot(self, trace: Trace, values: list[Value], slot: int) -> Value:
        found: dict[int, list[str]] = {}
        for label, sources in self.options:
            found.setdefault(sources[slot], []).append(label)
        places = tuple(trace.where(self.name, *labels) for labels in found.values())
        return trace.add(Weighted(places, trace.place), *(values[source] for source in found))


@dataclasses.dataclass(frozen=True)
class Node:
    """block(sum or concatenation of the values that are read).

    Attributes:
      inputs: a `Pick`, or `Read` for values that are fixed.
      block: applied to the combination; None for nothing.
      combine: ``"sum"`` of values of one shape, or ``"concat"``, in the order of their numbers.
    """

    inputs: Pick | Read
    block: Block | None = None
    combine: Literal["sum", "concat"] = "sum"

    def __post_init__(self):
        check_choice("combination", self.combine, COMBINE)

    def build(self, trace: Trace, values: list[Value]) -> Value:
        """The node's value."""
        x = combined(trace, self.combine, self.inputs.read(trace, values))
        return x if self.block is None else self.block.build(trace, x)


@dataclasses.dataclass(frozen=True)
class Graph:
    """A block of nodes: value 0 is its input, value i the result of node i.

    Attributes:
      nodes: the nodes in order; each reads values before its own.
      outputs: values that make up the result; by default the last.
      combine: as in `Node`.

    Example: ``Graph((Node(Read((0,)), a), Node(Pick("p2", 1, (0, 1)), b), Node(Pick("p3", 2, (0, 1, 2)))))``.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...] = ()
    combine: Literal["sum", "concat"] = "concat"

    def __post_init__(self):
        check_choice("combination", self.combine, COMBINE)

    def build(self, trace: Trace, x: Value) -> Value:
        """All nodes."""
        values = [x]
        for i, node in enumerate(self.nodes, 1):
            with trace.scope(f"node{i}"):
                values.append(node.build(trace, values))
        outputs = self.outputs or (len(self.nodes),)
        return combined(trace, self.combine, tuple(values[i] for i in outputs))


def combined(trace: Trace, how: str, values: tuple[Value, ...]) -> Value:
    """Sum or concatenation; a single value is itself."""
    if len(values) == 1:
        return values[0]
    return trace.sum(*values) if how == "sum" else trace.concat(*values)
