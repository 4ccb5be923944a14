"""The edges of a search cell on arrays [N, H, W, ...]: block by block, few and wide operations (GPU and TPU).

Candidates of weight 0 are computed with the others, also where a method draws one for each edge: a branch that is
passed over would be a conditional for every candidate and edge, which keeps neighbours from being one operation. For
GDAS a compiled step is then 1,230 kernels in place of 8,001 (``benchmarks/results/program-paths-h100-2026-11-26.md``).
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.kernels.channel_major.cell_layout import CellEdges
from dartsx.kernels.channel_major.edge_blocks import EdgeBlock
from dartsx.kernels.channel_major.edges_together import block_weights, statistics
from dartsx.kernels.channel_major.mixed_operation import last_norms
from dartsx.kernels.pixel_major import families, partial, separable
from dartsx.kernels.pixel_major.block import Block, Branches
from dartsx.kernels.pixel_major.cell_norms import CellNorms, Part
from dartsx.kernels.pixel_major.norm import Terms
from dartsx.kernels.running_statistics import Key, Stats


def evaluate(cell: CellEdges, inputs: jax.Array) -> tuple[list[jax.Array], dict[Key, Stats]]:
    """Nodes of a cell from its inputs, block by block.

    Args:
      cell: what the edges need besides.
      inputs: [N, H, W, inputs, C].

    Returns:
      All nodes but the inputs, [N, H', W', C] each, and the batch statistics of all norms (none in evaluation).
    """
    weights = separable.with_composed(cell.layout.primitives, cell.weights)  # in the parameters' precision
    given, cell = cell, cell._replace(weights=jax.tree.map(lambda leaf: leaf.astype(inputs.dtype), weights))
    count = inputs.shape[3]
    ready = {node: inputs[:, :, :, node] for node in range(count)}
    sums: dict[int, jax.Array] = {}  # of the nodes that still wait for some of their edges
    collected: list[dict[Key, Stats]] = []
    for block in cell.layout.blocks:
        ready |= {node: sums.pop(node) for node in block.sources if node in sums}
        together = block.sources == tuple(range(count))
        x = inputs if together else jnp.stack([ready[source] for source in block.sources], 3)
        y, batch = _block(cell, block, x)
        collected.append(batch)
        for i, target in enumerate(block.targets):
            sums[target] = sums[target] + y[i] if target in sums else y[i]
    nodes = ready | sums
    return [nodes[node] for node in sorted(nodes) if node >= count], _kept_idle(given, _gathered(collected))


def _block(cell: CellEdges, block: EdgeBlock, x: jax.Array):
    """Contributions [N, H', W', C] of one block to each of its targets, and its batch statistics."""
    layout, stride = cell.layout, cell.layout.stride(block)
    norms = CellNorms(statistics(cell, block), cell.activation)
    seen, passing = partial.split(x, layout.plan.partial)
    job = Block(seen, len(block.targets), block_weights(cell, block), stride, norms, cell.forms, cell.activation)
    rows = cell.mixture[jnp.array(block.rows)].reshape(*block.shape, -1)
    y = _mixed_operation(families.evaluate(layout.primitives, job), rows, cell, norms, stride)
    if layout.plan.partial > 1:
        y = partial.rejoin(y, passing, rows[..., -1], stride)
    return y, norms.batch


def _mixed_operation(
    branches: Sequence[Branches], rows: jax.Array, cell: CellEdges, norms: CellNorms, stride: int
) -> tuple[jax.Array, ...]:
    """For every target the sum over primitives and sources (DARTS, equation 2); rows [G, T, P] are the mixture."""
    primitives = cell.layout.primitives
    columns = {name: i for i, name in enumerate(primitives)}
    parts, plain = [], Terms((), ())
    for names, value, needed in branches:
        weight = jnp.stack([rows[..., columns[name]] for name in names], 1)  # [G, B, T]
        if needed == "never":
            plain = Terms((*plain.weights, weight), (*plain.arrays, value))
        else:
            parts.append(Part(tuple(last_norms(primitives, names, stride)), weight, value))
    return norms.weighted_sum(parts, plain)


def _gathered(collected: Sequence[dict[Key, Stats]]) -> dict[Key, Stats]:
    """As `running_statistics.concatenated`, by way of one array that holds all statistics of the cell.

    Every statistic then is read from that array by indices. To concatenate each of them would be a kernel for each.
    """
    parts = [(key, kind, value) for batch in collected for key, stats in batch.items() for kind, value in stats.items()]
    if not parts:
        return {}
    everything = jnp.concatenate([value.reshape(-1) for _, _, value in parts])
    places: dict[Key, dict[str, list[np.ndarray]]] = {}
    first = 0
    for key, kind, value in parts:
        indices = np.arange(first, first + value.size, dtype=np.int32).reshape(value.shape)
        places.setdefault(key, {}).setdefault(kind, []).append(indices)
        first += value.size
    return {
        key: {kind: everything[np.concatenate(indices)] for kind, indices in kinds.items()}
        for key, kinds in places.items()
    }


def _kept_idle(cell: CellEdges, batch: dict[Key, Stats]) -> dict[Key, Stats]:
    """The statistics, but for candidates of weight 0 those that they keep where they may be left out.

    As in `edges_apart` that concerns candidates that have weights.
    """
    if cell.idle is None:
        return batch
    columns, kept = list(cell.layout.primitives), dict(batch)
    for (name, norm), stats in batch.items():
        if name in cell.weights:
            rows = [row for block in cell.layout.norm_slices(name) for row in block.rows]
            drawn = cell.mixture[np.array(rows), columns.index(name)][:, None] != 0
            old = cell.idle[name][norm]
            kept[name, norm] = {kind: jnp.where(drawn, value, old[kind]) for kind, value in stats.items()}
    return kept
