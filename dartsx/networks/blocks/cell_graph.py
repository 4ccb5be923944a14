"""A cell as a graph: edges that hold blocks, nodes that are sums of their edges, and a concatenation of nodes."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from dartsx.networks.blocks.candidates import Activated, Make
from dartsx.networks.blocks.conv import ConvNorm, FactorizedReduction
from dartsx.networks.layers import Identity, Shuffle, Zero
from dartsx.networks.trace import Block, Trace, Value


class EdgeDesign(NamedTuple):
    """An edge of any cell of a type.

    Attributes:
      name: its name in the names of its steps.
      source, node: where it leads from and to.
      make: (channels, stride) -> its block.
    """

    name: str
    source: int
    node: int
    make: Make


class CellDesign(NamedTuple):
    """All cells of a type: edges, and the nodes whose concatenation is the output."""

    edges: tuple[EdgeDesign, ...]
    concat: tuple[int, ...]

    def at(self, features: int, stride: int = 1, inputs: int = 2, affine: bool = True, partial: int = 1) -> GraphCell:
        """The cell of this width; the edges from its inputs have the stride; for `partial` see `Partial`."""
        edges = []
        for name, source, node, make in self.edges:
            own = stride if source < inputs else 1
            block = make(features // partial, own)
            edges.append(GraphEdge(name, source, node, block if partial == 1 else Partial(block, partial, own)))
        return GraphCell(features, tuple(edges), self.concat, stride, inputs, affine)


@dataclasses.dataclass(frozen=True)
class Partial:
    """y = shuffle(concat(block(x1), pool(x2))), x1 the first of `parts` parts of x: [H, W, C] -> [H / s, W / s, C].

    The pool is the identity, or a 2x2 maximum at stride 2 (PC-DARTS, arXiv:1907.05737, equation 2).
    """

    block: Block
    parts: int
    stride: int

    def build(self, trace: Trace, x: Value) -> Value:
        """Block, pool, concatenation, shuffle."""
        seen, passing = trace.split(x, x.channels // self.parts, x.channels - x.channels // self.parts)
        y = trace.block(self.block, seen)
        passing = passing if self.stride == 1 else trace.pool(passing, "max", self.stride, self.stride)
        return trace.add(Shuffle(self.parts), trace.concat(y, passing))


class GraphEdge(NamedTuple):
    """A block on the edge from `source` to `node`."""

    name: str
    source: int
    node: int
    block: Block


@dataclasses.dataclass(frozen=True)
class GraphCell:
    """Two inputs (or one) and nodes: [H, W, C], [H', W', C'] -> [H / s, W / s, features * concatenated nodes].

    With two inputs, the results of the last two blocks, each is brought to `features` channels by relu, 1x1
    convolution, norm; where the earlier one has the larger map by relu and `FactorizedReduction` (DARTS,
    arXiv:1806.09055, section 2.1). One input stays as it is (NAS-Bench-201, arXiv:2001.00326). Edges are computed by
    node and source, and added to their nodes one after the other. Nodes that no edge enters are left out of the
    concatenation; what reads them reads zeros. Drop path acts on the whole result of every edge but identities.

    Attributes:
      features: channels of all nodes.
      edges: those that hold something.
      concat: nodes of the output.
      stride: between inputs and nodes.
      inputs: 1 or 2; nodes are numbered from here.
      affine: batch norms have scale and bias, as in networks; those of supernets have not.
    """

    features: int
    edges: tuple[GraphEdge, ...]
    concat: tuple[int, ...]
    stride: int = 1
    inputs: int = 2
    affine: bool = True

    def build(self, trace: Trace, x: Value) -> Value:
        """Writes the cell down; x is the last result."""
        with trace.settings(affine=self.affine):
            states = self._inputs(trace, x)
            for edge in sorted(self.edges, key=lambda edge: (edge.node, edge.source)):
                y = self._on(trace, edge, states.get(edge.source) or self._zeros(trace, states))
                states[edge.node] = trace.sum(states[edge.node], y) if edge.node in states else y
            found = [states[node] for node in self.concat if node in states]
            return trace.concat(*found) if found else self._zeros(trace, states)

    def _inputs(self, trace: Trace, last: Value) -> dict[int, Value]:
        if self.inputs == 1:
            return {0: last}
        given = (*trace.results[-2:-1], last, last)[:2]  # the stem is both inputs of the first cell
        return {i: trace.block(self._preprocessing(x, last), x, f"pre{i}") for i, x in enumerate(given)}

    def _preprocessing(self, x: Value, last: Value) -> Block:
        reduces = x.shape[:2] != last.shape[:2]
        return Activated(FactorizedReduction(self.features) if reduces else ConvNorm(self.features, 1, act=None))

    def _zeros(self, trace: Trace, states: dict[int, Value]) -> Value:
        return trace.add(Zero(self.stride), states[0])

    def _on(self, trace: Trace, edge: GraphEdge, x: Value) -> Value:
        with trace.settings(drop_path=False):
            y = trace.block(edge.block, x, edge.name)
        return y if edge.block == Identity() else trace.drop_path(y)
