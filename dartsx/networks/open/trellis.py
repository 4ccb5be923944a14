"""A trellis: cells in layers and levels of resolution, through which a path is chosen (arXiv:1901.02985, section 3)."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator

from dartsx.networks.layers import Resize
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.place import Place
from dartsx.networks.open.rules import Viterbi
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Block, Trace, Value

MOVES = {"up": -1, "keep": 0, "down": 1}


@dataclasses.dataclass(frozen=True)
class Path:
    """Leaves open at which level every layer of a trellis stands; the first one stands at level 0.

    Decision ``name/layer/level`` says where a path that is at this level in this layer goes next: up (to a map twice as
    large, level - 1), on, or down. It counts only if the path comes there. Derived by Viterbi.

    Attributes:
      name: first part of the decisions' names.
      layers: number of layers.
      levels: number of levels.
    """

    name: str
    layers: int
    levels: int

    def __post_init__(self):
        if self.layers < 1 or self.levels < 1:
            raise ValueError(f"path {self.name} needs layers and levels, got {self.layers} and {self.levels}")

    def reached(self, layer: int) -> range:
        """Levels that a path can be at."""
        return range(min(layer + 1, self.levels))

    def decision(self, layer: int, level: int) -> str:
        """Name of the decision where to go from here."""
        return f"{self.name}/{layer}/{level}"

    def moves(self, level: int) -> dict[str, int]:
        """Label -> level of the next layer."""
        return {label: level + step for label, step in MOVES.items() if 0 <= level + step < self.levels}

    def rule(self) -> Viterbi:
        """How the path is derived."""
        return Viterbi(
            tuple(
                tuple((self.decision(layer, level), tuple(self.moves(level).items())) for level in self.reached(layer))
                for layer in range(self.layers - 1)
            )
        )

    def chosen(self, choices: Choices) -> tuple[int, ...]:
        """Level of every layer."""
        levels = [0]
        for layer in range(self.layers - 1):
            moves = self.moves(levels[-1])
            levels.append(moves[chosen(choices, self.decision(layer, levels[-1]), tuple(moves))])
        return tuple(levels)


@dataclasses.dataclass(frozen=True)
class Levels:
    """The blocks of a trellis.

    Attributes:
      cells: ``[layers][levels]``; cells of one level must make the same shape. A tuple for one layer serves all layers
        if it is the only one; then their decisions are shared.
      down: block of stride 2 into level i + 1, by i.
      up: block into level i, by i, behind a resize of the map to that level's size; it sets the number of channels.
      heads: for every level, what brings the last layer's result to the shape of the whole; None for nothing.
      resize: ``"bilinear"`` or ``"nearest"``.
    """

    cells: tuple[tuple[Block, ...], ...]
    down: tuple[Block, ...]
    up: tuple[Block, ...]
    heads: tuple[Block | None, ...]
    resize: str = "bilinear"

    def cell(self, layer: int, level: int) -> Block:
        """The cell at a place."""
        return self.cells[layer if len(self.cells) > 1 else 0][level]

    def move(self, source: int, target: int) -> Block | None:
        """The block between two neighbouring levels; None within a level."""
        if source == target:
            return None
        return self.down[source] if target > source else self.up[target]


@dataclasses.dataclass(frozen=True)
class Trellis:
    """A cell in every layer at every level that a path can reach; x enters at level 0.

    A cell reads the sum of what comes from the levels beside its own in the layer before, each weighed by the presence
    of the place times that of the move, and the result is the sum of all heads, weighed by where paths end. (The paper
    weighs by the moves alone; so a mixture that is one-hot everywhere is exactly the network of its path.)
    """

    path: Path
    levels: Levels

    def __post_init__(self):
        _check(self.path, self.levels)

    def build(self, trace: Trace, x: Value) -> Value:
        """All places."""
        path, base = self.path, trace.place
        values, places = {0: x}, {0: base}
        sizes = {}
        for layer in range(path.layers):
            if layer:
                values, places = self._moved(trace, layer, values, places, sizes)
            for level in values:
                with trace.at(places[level]), _scope(trace, layer, level):
                    values[level] = trace.block(self.levels.cell(layer, level), values[level], "cell")
                sizes.setdefault(level, values[level].shape[:2])
        results = []
        for level in values:
            with trace.at(places[level]):
                results.append(_head(trace, self.levels.heads[level], values[level], level))
        return trace.add(Weighted(tuple(places.values()), base), *results)

    def close(self, choices: Choices) -> Route:
        """The chosen path."""
        route, levels = self.path.chosen(choices), self.levels
        cells = tuple(levels.cell(layer, level) for layer, level in enumerate(route))
        moves = tuple(itertools.starmap(levels.move, itertools.pairwise(route)))
        return Route(route, cells, moves, levels.heads[route[-1]], levels.resize)

    def _moved(self, trace: Trace, layer: int, values: dict, places: dict, sizes: dict) -> tuple[dict, dict]:
        """What the cells of a layer read, and their places, by level."""
        path, base = self.path, trace.place
        arriving: dict[int, list[tuple[Value, Place]]] = {level: [] for level in path.reached(layer)}
        token = object()
        for source, x in values.items():
            moves, name = path.moves(source), path.decision(layer - 1, source)
            with trace.at(places[source]):
                trace.decide(name, tuple(moves), path.rule())
            for label, target in moves.items():
                place = Place(((places[source], name, label),))
                with trace.at(place), _scope(trace, layer, target), trace.option(token, label):
                    size = sizes[target] if target < source else None
                    y = _move(trace, self.levels.move(source, target), x, size, self.levels.resize)
                arriving[target].append((y, place))
        moved, entered = {}, {}
        for level, arrivals in arriving.items():
            entered[level] = Place(tuple(term for _, place in arrivals for term in place.terms))
            with trace.at(entered[level]), _scope(trace, layer, level):
                weighted = Weighted(tuple(place for _, place in arrivals), base)
                moved[level] = trace.add(weighted, *(x for x, _ in arrivals))
        return moved, entered


@dataclasses.dataclass(frozen=True)
class Route:
    """One path through a trellis.

    Attributes:
      route: level of every layer.
      cells: cells of every layer.
      moves: into every layer but the first; None within a level.
      head: head of the last layer's level.
      resize: see `Levels`.
    """

    route: tuple[int, ...]
    cells: tuple[Block, ...]
    moves: tuple[Block | None, ...]
    head: Block | None
    resize: str = "bilinear"

    def build(self, trace: Trace, x: Value) -> Value:
        """The cells of the path."""
        sizes: dict[int, tuple[int, int]] = {}
        moves = (None, *self.moves)
        for layer, level in enumerate(self.route):
            with _scope(trace, layer, level):
                size = sizes[level] if layer and level < self.route[layer - 1] else None
                x = _move(trace, moves[layer], x, size, self.resize)
                x = trace.block(self.cells[layer], x, "cell")
            sizes.setdefault(level, x.shape[:2])
        return _head(trace, self.head, x, self.route[-1])


@contextlib.contextmanager
def _scope(trace: Trace, layer: int, level: int) -> Iterator[None]:
    with trace.scope(f"layer{layer}"), trace.scope(f"level{level}"):
        yield


def _move(trace: Trace, block: Block | None, x: Value, size: tuple[int, int] | None, resize: str) -> Value:
    """A value brought to the level beside its own: resized on the way up, then through the level's block."""
    with trace.scope("move"):
        x = x if size is None else trace.add(Resize(size, resize), x)
        return x if block is None else block.build(trace, x)


def _head(trace: Trace, block: Block | None, x: Value, level: int) -> Value:
    return x if block is None else trace.block(block, x, f"head{level}")


def _check(path: Path, levels: Levels) -> None:
    count = path.levels
    if len(levels.cells) not in (1, path.layers) or any(len(cells) < count for cells in levels.cells):
        raise ValueError(f"path {path.name}: cells must be given for 1 or {path.layers} layers at {count} levels each")
    if len(levels.up) < count - 1 or len(levels.down) < count - 1 or len(levels.heads) < count:
        raise ValueError(f"path {path.name}: {count - 1} blocks up and down and {count} heads are needed")
