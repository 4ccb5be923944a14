"""The edges of a cell in source-major order, grouped into blocks that are computed together.

The published order of alphas is node-major (all edges into node 2, then into node 3, ...). Computation goes by
source: all edges that leave a node share its ReLU, its pools and its patches. Sources whose targets are the same and
that are available at once (the two cell inputs) form one block. For the DARTS cell the blocks are (sources, targets)
(2, 4), (1, 3), (1, 2), (1, 1).
"""

from __future__ import annotations

import dataclasses
import functools

INPUTS = (0, 1)


@dataclasses.dataclass(frozen=True)
class EdgeBlock:
    """G sources with the same T targets.

    Attributes:
      first: position of the block's first edge in source-major order; its G * T edges follow one another.
      sources: G nodes.
      targets: T nodes.
      rows: row of every edge of the block in the (published, node-major) alpha table.
    """

    first: int
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    rows: tuple[int, ...]

    @property
    def edges(self) -> slice:
        """The block's edges in arrays that are stacked source-major."""
        return slice(self.first, self.first + len(self.rows))

    @property
    def shape(self) -> tuple[int, int]:
        """(G, T)."""
        return len(self.sources), len(self.targets)


@functools.lru_cache(maxsize=64)
def edge_blocks(edges: tuple[tuple[int, int], ...]) -> tuple[EdgeBlock, ...]:
    """Blocks of a cell whose edges are (source, node) pairs in the order of the alpha table."""
    row = {edge: i for i, edge in enumerate(edges)}
    targets = {
        source: tuple(sorted(node for s, node in edges if s == source))
        for source in sorted({source for source, _ in edges})
    }
    together = set(INPUTS) <= set(targets) and targets[0] == targets[1]
    groups = [INPUTS] if together else []
    groups += [(source,) for source in targets if not (together and source in INPUTS)]
    blocks, first = [], 0
    for sources in groups:
        nodes = targets[sources[0]]
        rows = tuple(row[source, node] for source in sources for node in nodes)
        blocks.append(EdgeBlock(first, sources, nodes, rows))
        first += len(rows)
    return tuple(blocks)


def source_major_rows(edges: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Row in the alpha table of every edge, in source-major order."""
    return tuple(row for block in edge_blocks(edges) for row in block.rows)
