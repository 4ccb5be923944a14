"""All edges of a block (see `blocks`) as one computation: few and large operations, fast where the maps are small."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major import partial
from dartsx.kernels.channel_major.cell_layout import CellEdges
from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.edge_blocks import EdgeBlock
from dartsx.kernels.channel_major.mixed_operation import mixed_operation
from dartsx.kernels.channel_major.primitives import Block, families
from dartsx.kernels.running_statistics import Key, Running, Stats, concatenated


@jax.jit  # traced once for cells of equal shapes, in both halves of a search step
def evaluate(cell: CellEdges, inputs: Sequence[jax.Array]) -> tuple[list[jax.Array], dict[Key, Stats]]:
    """Nodes of a cell from its two inputs [C, N, H, W], block by block.

    Returns:
      All nodes but the inputs, [C, N, H', W'] each, and the batch statistics of all norms (none in evaluation).
    """
    states = dict(enumerate(inputs))
    collected: list[dict[Key, Stats]] = []
    for block in cell.layout.blocks:
        x = jnp.stack([states[source] for source in block.sources])
        seen, passing = partial.split(x, cell.layout.plan.partial)
        y, batch = _block(cell, block, seen)
        if cell.layout.plan.partial > 1:
            edges = cell.mixture[jnp.array(block.rows), -1].reshape(block.shape)
            y = partial.rejoin(y, passing, edges, cell.layout.stride(block))
        collected.append(batch)
        for i, target in enumerate(block.targets):
            states[target] = states[target] + y[i] if target in states else y[i]
    nodes = [states[node] for node in sorted(states) if node >= len(inputs)]
    return nodes, concatenated(collected)


def _block(cell: CellEdges, block: EdgeBlock, x: jax.Array):
    """Contribution of one block to its targets [T, C, N, H, W], and its batch statistics."""
    layout, stride = cell.layout, cell.layout.stride(block)
    weights = block_weights(cell, block)
    norms = Norms(statistics(cell, block), None, cell.activation)
    job = Block(x, len(block.targets), weights, stride, norms, cell.forms, cell.activation)
    branches = [b for family, members in families(layout.primitives).items() for b in family.evaluate(members, job)]
    mixture = cell.mixture[jnp.array(block.rows)].reshape(*block.shape, -1)
    return mixed_operation(branches, mixture, layout.primitives, norms, stride), norms.batch


def block_weights(cell: CellEdges, block: EdgeBlock) -> dict[str, dict[str, jax.Array]]:
    """The weights of a block's edges: primitive -> weight name -> [G, T, ...]."""
    return {
        name: {key: value[where[block]].reshape(*block.shape, *value.shape[1:]) for key, value in stacked.items()}
        for name, stacked in cell.weights.items()
        if block in (where := cell.layout.weight_slices(name))
    }


def statistics(cell: CellEdges, block: EdgeBlock) -> Running | None:
    """The running statistics of a block's edges and sources that normalise, or None for those of the batch."""
    if cell.stats is None:
        return None
    return {
        name: jax.tree.map(lambda value, where=where: value[where[block]], norms)
        for name, norms in cell.stats.items()
        if block in (where := cell.layout.norm_slices(name))
    }
