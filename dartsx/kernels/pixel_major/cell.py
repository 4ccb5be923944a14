"""The edges of a search cell on arrays [N, H, W, ...]: block by block, few and wide operations (GPU and TPU).

Candidates of weight 0 are computed with the others, also where a method draws one for each edge: a branch that is
passed over would be a conditional for every candidate and edge, which keeps neighbours from being one operation. For
GDAS a compiled step is then 1,230 kernels in place of 8,001 (``benchmarks/results/program-paths-h100-2026-11-26.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.kernels.channel_major.cell_layout import CellEdges, CellLayout
from dartsx.kernels.channel_major.edge_blocks import EdgeBlock
from dartsx.kernels.channel_major.edges_together import statistics
from dartsx.kernels.channel_major.mixed_operation import last_norms
from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.pixel_major import families, partial, separable
from dartsx.kernels.pixel_major.block import Block, Branches
from dartsx.kernels.pixel_major.cell_norms import CellNorms, Found, Part
from dartsx.kernels.pixel_major.separable import Weights
from dartsx.kernels.running_statistics import Key, Stats


@jax.jit  # traced once for cells of equal shapes, in both halves of a search step
def evaluate(cell: CellEdges, inputs: jax.Array) -> tuple[list[jax.Array], dict[Key, Stats]]:
    """Nodes of a cell from its inputs, block by block.

    Args:
      cell: what the edges need besides.
      inputs: [N, H, W, inputs, C].

    Returns:
      All nodes but the inputs, [N, H', W', C] each, and the batch statistics of all norms (none in evaluation).
    """
    layout, count = cell.layout, inputs.shape[3]
    weights = separable.with_composed(layout.primitives, cell.weights)  # in the parameters' precision
    weights = _weights_by_block(layout, jax.tree.map(lambda leaf: leaf.astype(inputs.dtype), weights))
    rows = _rows_by_block(cell)
    ready = {node: inputs[:, :, :, node] for node in range(count)}
    sums: dict[int, jax.Array] = {}  # of the nodes that still wait for some of their edges
    collected: list[Found] = []
    for block in layout.blocks:
        ready |= {node: sums.pop(node) for node in block.sources if node in sums}
        together = block.sources == tuple(range(count))
        x = inputs if together else jnp.stack([ready[source] for source in block.sources], 3)
        y, batch = _block(cell, block, x, weights[block], rows[block])
        collected.extend(batch)
        for i, target in enumerate(block.targets):
            sums[target] = sums[target] + y[i] if target in sums else y[i]
    nodes = ready | sums
    return [nodes[node] for node in sorted(nodes) if node >= count], _kept_idle(cell, _gathered(collected))


def _weights_by_block(layout: CellLayout, weights: Weights) -> dict[EdgeBlock, dict[str, dict[str, jax.Array]]]:
    """Arrays stacked over all edges -> for each block primitive -> weight name -> [G, T, ...].

    Sliced and not split: the derivative then is a sum of paddings and no concatenation, see `totals.side_by_side`.
    """
    found: dict[EdgeBlock, dict[str, dict[str, jax.Array]]] = {block: {} for block in layout.blocks}
    for name, arrays in weights.items():
        for block, rows in layout.weight_slices(name).items():
            own = {key: value[rows].reshape(*block.shape, *value.shape[1:]) for key, value in arrays.items()}
            found[block][name] = own
    return found


def _rows_by_block(cell: CellEdges) -> dict[EdgeBlock, jax.Array]:
    """The mixture of every block [G, T, P, C]: a weight for each channel, whose derivatives are summed all at once."""
    blocks, channels = cell.layout.blocks, cell.layout.plan.edge_channels
    order = jnp.array([row for block in blocks for row in block.rows])
    rows = jnp.broadcast_to(cell.mixture[order][..., None], (*cell.mixture.shape, channels))
    parts = lax.split(rows, [len(block.rows) for block in blocks])
    return {block: part.reshape(*block.shape, *rows.shape[1:]) for block, part in zip(blocks, parts, strict=True)}


def _block(
    cell: CellEdges, block: EdgeBlock, x: jax.Array, weights: Mapping[str, Mapping[str, jax.Array]], rows: jax.Array
) -> tuple[Sequence[jax.Array], Sequence[Found]]:
    """Contributions [N, H', W', C] of one block to each of its targets, and its batch statistics."""
    layout, stride = cell.layout, cell.layout.stride(block)
    norms = CellNorms(statistics(cell, block), cell.activation)
    seen, passing = partial.split(x, layout.plan.partial)
    job = Block(seen, len(block.targets), weights, stride, norms, cell.forms, cell.activation)
    y = norms.weighted_sum(_parts(families.evaluate(layout.primitives, job), rows, layout.primitives, stride))
    if layout.plan.partial > 1:
        y = partial.rejoin(y, passing, rows[:, :, -1, 0], stride)
    return y, norms.batch


def _parts(
    branches: Sequence[Branches], rows: jax.Array, primitives: Mapping[str, Primitive], stride: int
) -> list[Part]:
    """What the mixed operation (DARTS, equation 2) sums over primitives and sources; rows [G, T, P, C]."""
    columns = dict(zip(primitives, jnp.split(rows, rows.shape[2], 2), strict=False))
    parts = []
    for names, value, needed in branches:
        weight = jnp.concatenate([columns[name] for name in names], 2).swapaxes(1, 2)
        keys = () if needed == "never" else tuple(last_norms(primitives, names, stride))
        parts.append(Part(keys, weight, value))
    return parts


def _gathered(collected: Sequence[Found]) -> dict[Key, Stats]:
    """As `running_statistics.concatenated`, by way of one array that holds all statistics of the cell.

    Every statistic then is read from that array by indices. To concatenate each of them would be a kernel for each, and
    to cut the arrays into norms first makes that kernel long to compile.
    """
    if not collected:
        return {}
    everything = jnp.concatenate([kind.reshape(-1) for found in collected for kind in found.stats])
    places: dict[Key, list[tuple[np.ndarray, np.ndarray]]] = {}
    first = 0
    for found in collected:
        size = found.stats[0].size
        for key, own in found.places.items():
            places.setdefault(key, []).append((first + own, first + size + own))
        first += 2 * size
    kinds = {key: zip(*own, strict=True) for key, own in places.items()}
    return {
        key: {kind: everything[np.concatenate(own)] for kind, own in zip(("mean", "var"), both, strict=True)}
        for key, both in kinds.items()
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
