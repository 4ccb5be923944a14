"""Where the parts of a cell's drawing go, in pixels.

Every edge ends in a pill that carries its primitive's name and stands in a stack before its node,
so labels cannot cover one another. Lines bend only between columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from dartsx.report.column_order import NODE_RADIUS, OUTPUT, PILL_GAP, PILL_HEIGHT, ColumnOrder, depths
from dartsx.spaces import Cell, Edge

JOINT = 26.0  # from a pill's end to the node's rim
CHANNEL = 74.0  # width between columns, where lines bend
MARGIN = 24.0
INPUT_HALF_WIDTH = 29.0
CHARACTER = 7.6  # width of one character of a pill's label


@dataclass(frozen=True)
class Spot:
    """Centre of a node; node is its index, or OUTPUT."""

    node: int
    x: float
    y: float


@dataclass(frozen=True)
class Pill:
    """Label of one edge: x, y is the middle of its left end."""

    edge: Edge
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Line:
    """A line through points (x, y) from a source to a pill's edge, or to the output (edge None)."""

    source: int
    edge: Edge | None
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Layout:
    """A finished drawing plan; width and height in pixels."""

    width: float
    height: float
    spots: tuple[Spot, ...]
    pills: tuple[Pill, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Grid:
    """Columns and rows: ys[column][node] is a centre's height, lefts[column - 1] a left end."""

    depth: dict[int, int]
    ys: list[dict[int, float]]
    lefts: list[float]
    pill_width: float

    def right(self, column: int) -> float:
        """Right end of a column; column 0 holds the inputs."""
        if column == 0:
            return MARGIN + 2 * INPUT_HALF_WIDTH
        return self.lefts[column - 1] + self.pill_width + JOINT + 2 * NODE_RADIUS


def place_cell(cell: Cell) -> Layout:
    """Plan of a cell's drawing, left to right. The same cell always gets the same plan."""
    nodes = range(cell.num_inputs, 1 + max([cell.num_inputs - 1, *cell.concat, *(edge.node for edge in cell.edges)]))
    depth = depths(cell, nodes)
    ys, height = _fit(ColumnOrder(cell, depth))
    pill_width = 18 + CHARACTER * max((len(edge.primitive) for edge in cell.edges), default=0)
    step = pill_width + JOINT + 2 * NODE_RADIUS + CHANNEL
    start = MARGIN + 2 * INPUT_HALF_WIDTH + CHANNEL
    grid = _Grid(depth, ys, [start + i * step for i in range(depth[OUTPUT])], pill_width)
    pills = _pills(cell, grid)
    width = grid.lefts[-1] + 2 * INPUT_HALF_WIDTH + MARGIN
    return Layout(width, height, _spots(grid), pills, _lines(cell, grid, pills))


def _fit(order: ColumnOrder) -> tuple[list[dict[int, float]], float]:
    """The heights of all rows, moved to start below the margin, and the height of the drawing."""
    ys = order.best()
    cells = [(c, node, y) for c, column in enumerate(ys) for node, y in column.items()]
    top = min(y - order.height(c, node) / 2 for c, node, y in cells)
    bottom = max(y + order.height(c, node) / 2 for c, node, y in cells)
    moved = [{node: y - top + MARGIN for node, y in column.items()} for column in ys]
    return moved, bottom - top + 2 * MARGIN


def _spots(grid: _Grid) -> tuple[Spot, ...]:
    def x(node: int) -> float:
        if node == OUTPUT:
            return grid.lefts[-1] + INPUT_HALF_WIDTH
        column = grid.depth[node]
        return grid.right(column) - (NODE_RADIUS if column else INPUT_HALF_WIDTH)

    return tuple(Spot(node, x(node), grid.ys[c][node]) for node, c in grid.depth.items())


def _pills(cell: Cell, grid: _Grid) -> tuple[Pill, ...]:
    """Each node's pills in the order in which their lines arrive, so that these do not cross."""
    pills = []
    for node, column in grid.depth.items():
        near = grid.ys[column - 1]
        edges = [edge for edge in cell.edges if edge.node == node]
        edges.sort(key=lambda edge, near=near: near[edge.source])  # stable for parallel edges
        first = grid.ys[column][node] - (len(edges) - 1) * (PILL_HEIGHT + PILL_GAP) / 2
        for i, edge in enumerate(edges):
            y = first + i * (PILL_HEIGHT + PILL_GAP)
            pills.append(Pill(edge, grid.lefts[column - 1], y, grid.pill_width))
    return tuple(pills)


def _lines(cell: Cell, grid: _Grid, pills: tuple[Pill, ...]) -> tuple[Line, ...]:
    def route(source: int, target: int, x: float, y: float) -> tuple[tuple[float, float], ...]:
        start = grid.depth[source]
        points = [(grid.right(start), grid.ys[start][source])]
        for column in range(start + 1, grid.depth[target]):
            lane = grid.ys[column][source]
            points += [(grid.lefts[column - 1], lane), (grid.right(column), lane)]
        return (*points, (x, y))

    edges = [Line(p.edge.source, p.edge, route(p.edge.source, p.edge.node, p.x, p.y)) for p in pills]
    y = grid.ys[grid.depth[OUTPUT]][OUTPUT]
    outputs = [Line(n, None, route(n, OUTPUT, grid.lefts[-1], y)) for n in cell.concat]
    return tuple(edges + outputs)
