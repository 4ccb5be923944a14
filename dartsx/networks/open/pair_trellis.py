"""A trellis whose cells read the two layers before them and change the level themselves (arXiv:1901.02985, section 3).

The cell of a place is computed once for every level that a path can come from, and the results are summed, each weighed
by the presence of the place that it comes from times that of the move. Its older input is the mixture of where a path
can have been before, so that a mixture that is one-hot everywhere is exactly the network of its path.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Protocol

from dartsx.networks.layers import Resize
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.place import Place
from dartsx.networks.open.trellis import Path
from dartsx.networks.trace import Block, Trace, Value


class PairCell(Protocol):
    """A cell of two inputs, made for one move into one level."""

    def laid(self, trace: Trace, x: Value, size: tuple[int, int], number: int) -> Value:
        """Input 0, the result of the last layer, or 1, that of the one before, as the cell reads it: of this size."""
        ...

    def joined(self, trace: Trace, newer: Value, older: Value) -> Value:
        """The cell of two inputs that were laid."""
        ...


class Ending(Protocol):
    """What makes the result of the last layer and of the last one at level 0."""

    def joined(self, trace: Trace, x: Value, earlier: Value) -> Value:
        """x has the size of `earlier`."""
        ...


@dataclasses.dataclass(frozen=True)
class PairTrellis:
    """A cell at every place that a path can reach; the last two results of the network before it enter at level 0.

    Attributes:
      path: the levels that are decided.
      cells: [levels][3]: the cell of a level for a move up to it, within it, and down to it.
      heads: for every level, what brings the last layer's result to as many channels as the other heads.
      ending: reads the sum of the heads, each resized to level 0 and weighed by where paths end, and the last result at
        level 0.
    """

    path: Path
    cells: tuple[tuple[PairCell, PairCell, PairCell], ...]
    heads: tuple[Block, ...]
    ending: Ending

    def build(self, trace: Trace, x: Value) -> Value:
        """All places."""
        walk = _Walk(self, trace, trace.results[-2], x)
        low = x
        for layer in range(self.path.layers):
            walk.step(layer)
            low = walk.latest(low) if layer else walk.values[0]
        base, results = trace.place, []
        for level, value in walk.values.items():
            with trace.at(walk.places[level]):
                results.append(_head(trace, self.heads[level], value, level, low))
        y = trace.add(Weighted(tuple(walk.places.values()), base), *results)
        return self.ending.joined(trace, y, low)

    def close(self, choices: Choices) -> PairRoute:
        """The chosen path."""
        route = self.path.chosen(choices)
        moves = (after - before for before, after in zip((0, *route), route, strict=False))
        cells = tuple(self.cells[level][move + 1] for level, move in zip(route, moves, strict=True))
        return PairRoute(route, cells, self.heads[route[-1]], self.ending)


@dataclasses.dataclass(frozen=True)
class PairRoute:
    """One path through a trellis of cells with two inputs.

    Attributes:
      route: level of every layer.
      cells: cell of every layer.
      head: head of the last layer's level.
      ending: see `PairTrellis`.
    """

    route: tuple[int, ...]
    cells: tuple[PairCell, ...]
    head: Block
    ending: Ending

    def build(self, trace: Trace, x: Value) -> Value:
        """The cells of the path, head and ending."""
        older, newer, low, before = trace.results[-2], x, x, 0
        for layer, (level, cell) in enumerate(zip(self.route, self.cells, strict=True)):
            size = _size(x, min(before, level))
            with _scope(trace, layer, level):
                inputs = (cell.laid(trace, value, size, i) for i, value in enumerate((newer, older)))
                older, newer = newer, cell.joined(trace, *inputs)
            low, before = newer if level == 0 else low, level
        y = _head(trace, self.head, newer, self.route[-1], low)
        return self.ending.joined(trace, y, low)


class _Walk:
    """Values of the last two layers while a trellis is written down.

    Attributes:
      values: level -> value of the last layer.
      places: level -> place of that value.
    """

    def __init__(self, trellis: PairTrellis, trace: Trace, older: Value, newer: Value):
        self.trellis, self.trace, self.base, self._entering = trellis, trace, trace.place, newer
        self.values, self.places = {0: newer}, {0: self.base}
        self._before = {0: older}
        self._entered: dict[tuple[int, int], Place] = {}  # moves into the last layer, by the levels before and behind

    def step(self, layer: int) -> None:
        """Goes on to a layer."""
        arrivals: dict[int, list[tuple[Value, Place]]] = {}
        entered, token = {}, object()
        for source in self.values:
            for label, target, place in self._moves(layer, source):
                with self.trace.at(place), _scope(self.trace, layer, target), self.trace.option(token, label):
                    arrivals.setdefault(target, []).append((self._cell(source, target, place), place))
                entered[source, target] = place
        self._before, self._entered, self.values, self.places = self.values, entered, {}, {}
        for target, found in sorted(arrivals.items()):
            places = tuple(place for _, place in found)
            self.places[target] = Place(tuple(term for place in places for term in place.terms))
            with self.trace.at(self.places[target]), _scope(self.trace, layer, target):
                self.values[target] = self.trace.add(Weighted(places, self.base), *(value for value, _ in found))

    def latest(self, low: Value) -> Value:
        """The last result at level 0: that of this layer if the path is there, else `low`."""
        elsewhere = Place(tuple(term for level, place in self.places.items() if level for term in place.terms))
        if not elsewhere.terms:
            return self.values[0]
        return self.trace.add(Weighted((self.places[0], elsewhere), self.base), self.values[0], low)

    def _moves(self, layer: int, source: int) -> list[tuple[str, int, Place]]:
        """Label, level and place of every move into a layer; the first is entered at level 0."""
        if layer == 0:
            return [("keep", 0, self.base)]
        path = self.trellis.path
        moves, name = path.moves(source), path.decision(layer - 1, source)
        with self.trace.at(self.places[source]):
            self.trace.decide(name, tuple(moves), path.rule())
            return [(label, target, self.trace.where(name, label)) for label, target in moves.items()]

    def _cell(self, source: int, target: int, place: Place) -> Value:
        cell, size = self.trellis.cells[target][target - source + 1], _size(self._entering, min(source, target))
        newer = cell.laid(self.trace, self.values[source], size, 0)
        return cell.joined(self.trace, newer, self._older(cell, source, size, place))

    def _older(self, cell: PairCell, source: int, size: tuple[int, int], place: Place) -> Value:
        """The older input of a cell that is entered from a level: a mixture over the levels before that."""
        results, weights, token = [], [], object()
        for level, value in self._before.items():
            entered = self._entered.get((level, source), self.base if not self._entered else None)
            if entered is None:
                continue
            through = Place(tuple((entered, name, label) for _, name, label in place.terms))
            with self.trace.at(through), self.trace.option(token, f"from{level}"):
                results.append(cell.laid(self.trace, value, size, 1))
            weights.append(entered)
        if len(results) == 1:
            return results[0]
        return self.trace.add(Weighted(tuple(weights), self.base, normalised=True), *results)


def _size(entering: Value, level: int) -> tuple[int, int]:
    """Height and width of the maps of a level, by what enters at level 0."""
    return tuple(-(-length // 2**level) for length in entering.shape[:2])


@contextlib.contextmanager
def _scope(trace: Trace, layer: int, level: int) -> Iterator[None]:
    with trace.scope(f"layer{layer}"), trace.scope(f"level{level}"):
        yield


def _head(trace: Trace, block: Block, x: Value, level: int, low: Value) -> Value:
    y = trace.block(block, x, f"head{level}")
    return trace.add(Resize(low.shape[:2]), y)
