"""The rows of a cell's drawing: which node or passing line stands at which height of a column.

Nodes stand in columns by their depth. A line that skips a column runs through it in a lane of its
own, shared by all lines of one source. Sweeps over the columns order the rows so that few lines
cross (the barycentre method of Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from dartsx.spaces import Cell

PILL_HEIGHT = 24.0
PILL_GAP = 6.0
NODE_RADIUS = 17.0
ROW_GAP = 20.0
LANE_HEIGHT = 8.0

OUTPUT = -1  # stands for the cell's output among the nodes


def depths(cell: Cell, nodes: Sequence[int]) -> dict[int, int]:
    """Column of each node: inputs 0, others one past their deepest source, the output last."""
    depth = dict.fromkeys(range(cell.num_inputs), 0)
    for node in nodes:
        sources = [edge.source for edge in cell.edges if edge.node == node]
        depth[node] = 1 + max((depth[source] for source in sources), default=0)
    depth[OUTPUT] = 1 + max(depth.values())
    return depth


def _links(cell: Cell) -> list[tuple[int, int]]:
    """Pairs (source, target) that a line joins; the concatenated nodes end at OUTPUT."""
    pairs = [(edge.source, edge.node) for edge in cell.edges]
    return pairs + [(node, OUTPUT) for node in cell.concat]


def _columns(links: list[tuple[int, int]], depth: Mapping[int, int]) -> list[list[int]]:
    """Rows of each column. A node stands in its own column and has a lane in those it passes."""
    columns = [[node for node in depth if depth[node] == c] for c in range(depth[OUTPUT] + 1)]
    for source in sorted({source for source, _ in links}):
        last = max(depth[target] for start, target in links if start == source)
        for column in range(depth[source] + 1, last):
            columns[column].append(source)
    return columns


def _spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Centres nearest to the wanted ones (least squares) that keep their order and do not touch."""
    offsets, offset = [], 0.0
    for i, height in enumerate(heights):
        if i:
            offset += (heights[i - 1] + height) / 2 + ROW_GAP
        offsets.append(offset)
    blocks: list[list[float]] = []  # pool adjacent violators: a block moves as one
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append([want - offset])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    starts = [fmean(block) for block in blocks for _ in block]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


class ColumnOrder:
    """The heights y of every row (column, node), improved by sweeps over the columns."""

    def __init__(self, cell: Cell, depth: Mapping[int, int]):
        self.depth = depth
        self.links = _links(cell)
        self.columns = _columns(self.links, depth)
        pills = {node: sum(edge.node == node for edge in cell.edges) for node in depth}
        self.heights = {node: stack_height(pills[node]) for node in depth}
        self.steps = self._steps()

    def _steps(self) -> list[list[tuple[int, int]]]:
        """Per gap between columns: the (row left, row right) pairs that a line joins."""
        steps: list[set[tuple[int, int]]] = [set() for _ in self.columns]
        for source, target in self.links:
            for column in range(self.depth[source], self.depth[target] - 1):
                steps[column].add((source, source))
            steps[self.depth[target] - 1].add((source, target))
        return [sorted(step) for step in steps]

    def height(self, column: int, node: int) -> float:
        """Height of a row: of the stack where the node stands, else of a lane."""
        return self.heights[node] if self.depth[node] == column else LANE_HEIGHT

    def place(self, column: int, wanted: Mapping[int, float]) -> dict[int, float]:
        """Centres of a column's rows, in the order of the wanted heights."""
        order = sorted(self.columns[column], key=lambda node: (wanted[node], node))
        heights = [self.height(column, node) for node in order]
        spread = _spread([wanted[node] for node in order], heights)
        return dict(zip(order, spread, strict=True))

    def sweep(self, ys: list[dict[int, float]], forward: bool) -> list[dict[int, float]]:
        """Each row moves to the mean of its neighbours in the column before (or after)."""
        ys = [dict(rows) for rows in ys]
        count = len(self.columns)
        for column in range(1, count) if forward else range(count - 2, -1, -1):
            near = ys[column - 1] if forward else ys[column + 1]
            pairs = self.steps[column - 1] if forward else self.steps[column]
            wanted = {}
            for node in self.columns[column]:
                ends = [
                    near[left if forward else right] for left, right in pairs if node == (right if forward else left)
                ]
                wanted[node] = fmean(ends) if ends else ys[column][node]
            ys[column] = self.place(column, wanted)
        return ys

    def cost(self, ys: list[dict[int, float]]) -> tuple[int, float]:
        """Crossings, then the summed slope of all lines; less is better."""
        crossings, slope = 0, 0.0
        for column, pairs in enumerate(self.steps[:-1]):
            ends = [(ys[column][left], ys[column + 1][right]) for left, right in pairs]
            slope += sum(abs(a - b) for a, b in ends)
            crossings += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(ends) for c, d in ends[i + 1 :])
        return crossings, round(slope, 3)

    def best(self) -> list[dict[int, float]]:
        """The sweep with the fewest crossings; the first of equals, so the result is fixed."""
        ys = [self.place(column, {node: 60.0 * node for node in rows}) for column, rows in enumerate(self.columns)]
        tried = []
        for _ in range(6):
            for forward in (True, False):
                ys = self.sweep(ys, forward)
                tried.append(ys)
        return min(tried, key=self.cost)


def stack_height(pills: int) -> float:
    """Height of a node with that many pills before it, in pixels."""
    return max(2 * NODE_RADIUS, pills * (PILL_HEIGHT + PILL_GAP) - PILL_GAP)
