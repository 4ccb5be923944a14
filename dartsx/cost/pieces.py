"""The blocks of a network whose latency is measured: consecutive layers that stand together, with their shapes.

A block is what one scope of the description writes down, such as an inverted bottleneck with its batch norms,
activations, gate and residual sum. In an open network it also ends where another layer's existence is decided by other
options, so that every block exists as a whole or not at all. What a forward pass does not compute (dropout, drop path,
identities) belongs to no block.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from dartsx.cost.additive import Additive, Term
from dartsx.networks import Network, Step, close, layers
from dartsx.networks.layers import Layer, Shape
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.place import Place
from dartsx.networks.open.size import Axes, combinations, joint_axes


class Op(NamedTuple):
    """A layer of a piece: what it computes, and the positions of what it reads among the piece's inputs and layers."""

    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape


@dataclasses.dataclass(frozen=True)
class Piece:
    """A block alone; its numbers may be open. As text it names layers and shapes, and nothing that costs no time.

    Attributes:
      inputs: shapes of what it reads from outside; positions count from the first of them.
      ops: its layers in order of computation, whose positions follow.
      results: positions of what others read.
    """

    inputs: tuple[Shape, ...]
    ops: tuple[Op, ...]
    results: tuple[int, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Shapes of inputs and layers, by position."""
        return (*self.inputs, *(op.shape for op in self.ops))

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        shapes = self.shapes
        return sum(op.layer.macs(*(shapes[i] for i in op.inputs)) for op in self.ops)

    @property
    def axes(self) -> Axes:
        """The decisions that its numbers depend on."""
        fields = (getattr(op.layer, field.name) for op in self.ops for field in dataclasses.fields(op.layer))
        return joint_axes((*fields, *itertools.chain.from_iterable(self.shapes)))

    def __str__(self) -> str:
        parts = [_text(shape) for shape in self.inputs]
        for position, op in enumerate(self.ops, len(self.inputs)):
            read = "" if op.inputs == (position - 1,) else "@" + "+".join(map(str, op.inputs)) + " "
            parts.append(read + _layer(op.layer))
        return "; ".join(parts)


class Block(NamedTuple):
    """A block of a traced network.

    Attributes:
      name: name of its first layer's scope.
      place: where it stands.
      shape: what is looked up in a table, whose numbers may be open.
      axes: the decisions that these depend on.
    """

    name: str
    place: Place
    shape: Any
    axes: Axes


def pieces(network: Network, image_shape: int | Shape | None = None) -> list[Block]:
    """All blocks of a network, open or closed, in order of computation.

    Raises:
      ValueError: images that the network cannot read.
    """
    return list(_blocks(network.trace(image_shape)))


class BlockTimes(Protocol):
    """A table that knows blocks: which ones a network has, and the time of each."""

    def blocks(self, network: Network, image_shape: int | Shape | None = None) -> list[Block]:
        """The blocks of a network, open or closed."""
        ...

    def time(self, shape: Any, name: str) -> float:
        """Milliseconds of a closed block; raises ValueError where the table does not have it."""
        ...


def sum_of_blocks(table: BlockTimes, network: Network, image_shape: int | Shape | None = None) -> Additive:
    """The latency of an open network as a function of its mixture.

    Raises:
      ValueError: a block of the network, under whatever options, is not in the table.
    """
    terms = []
    for name, place, shape, axes in table.blocks(network, image_shape):
        times = {tuple(c.values()): table.time(close(shape, c), name) for c in combinations(axes)}
        terms.append(Term(place, tuple(decision for decision, _ in axes), times))
    return Additive(tuple(terms))


def whole(network: Network, image_shape: int | Shape | None = None) -> Piece:
    """All layers of a closed network as one block.

    Raises:
      ValueError: the network is open, or cannot read the images.
    """
    steps = network.trace(image_shape)
    return _piece(steps, range(1, len(steps)), {len(steps) - 1: {len(steps)}})


_NO_PART = (layers.Input, Weighted)
_NO_WORK = (layers.Dropout, layers.DropPath, layers.Identity)


def _blocks(steps: Sequence[Step]) -> Iterator[Block]:
    """Blocks of a list of steps, and of the branches inside of it."""
    readers: dict[int, set[int]] = {len(steps) - 1: {len(steps)}}  # by step; the last result is read from outside
    for k, step in enumerate(steps):
        for i in step.inputs:
            readers.setdefault(i, set()).add(k)
    for run in _runs(steps):
        for branch in steps[run[0]].layer.branches:
            yield from _blocks(branch)
        if piece := _piece(steps, run, readers):
            first = steps[run[0]]
            yield Block(first.name.rpartition("/")[0], first.place, piece, piece.axes)


def _runs(steps: Sequence[Step]) -> Iterator[range]:
    """Consecutive steps that make up a block; what is no part of one stands alone."""
    start = 0
    for end in range(1, len(steps) + 1):
        if end == len(steps) or not _continues(steps[start], steps[end]):
            yield range(start, end)
            start = end


def _continues(first: Step, step: Step) -> bool:
    """Whether a step belongs to the block that another one begins."""
    inside = f"{_scope(step)}/".startswith(f"{_scope(first)}/") and step.place is first.place
    return inside and not any(part.layer.branches or isinstance(part.layer, _NO_PART) for part in (first, step))


def _scope(step: Step) -> str:
    return step.closed_name.rpartition("/")[0]


def _piece(steps: Sequence[Step], run: range, readers: Mapping[int, set[int]]) -> Piece | None:
    """The block of consecutive steps; None if none of them is work."""
    outside = sorted({i for k in run for i in steps[k].inputs if i not in run})
    at = {i: position for position, i in enumerate(outside)}  # step -> position of its result in the piece
    ops: list[Op] = []
    for k in run:
        step, read = steps[k], tuple(at[i] for i in steps[k].inputs)
        if step.layer.branches or isinstance(step.layer, _NO_PART):
            return None
        if isinstance(step.layer, _NO_WORK) or (isinstance(step.layer, layers.Concat) and len(read) == 1):
            at[k] = read[0]
            continue
        at[k] = len(outside) + len(ops)
        ops.append(Op(step.layer, read, step.shape))
    results = {at[k] for k in run if readers.get(k, set()) - set(run)}
    shapes = tuple(steps[i].shape for i in outside)
    return Piece(shapes, tuple(ops), tuple(sorted(results - set(range(len(outside)))))) if ops else None


def _layer(layer: Layer) -> str:
    """Name of a layer with its numbers; those with their default value are left out, and what costs no time."""
    given = []
    for field in dataclasses.fields(layer):
        value = getattr(layer, field.name)
        if field.default is dataclasses.MISSING:
            given.append(_text(value))
        elif value != field.default and field.name != "epsilon":
            given.append(f"{field.name}={_text(value)}")
    return type(layer).__name__.lower() + (f"({', '.join(given)})" if given else "")


def _text(value: Any) -> str:
    return "x".join(map(_text, value)) if isinstance(value, tuple) else str(value)
