"""The edges of a cell one after the other, in a loop: what one edge computes stays in cache.

Where maps are large, a CPU is several times slower on the arrays of a whole block, which pass through memory at every
operation, than on those of one edge. The loop goes by source: what the targets of a source share (its pools) is
computed once, then its edges follow. It is written once for all sources, so it also compiles to few kernels.

The derivative is our own: the backward loop goes through the same sources in the opposite order and computes each
edge again instead of keeping its inner results, so memory is that of the nodes and of one edge. In this order the
gradient of a node is complete before it is needed: later nodes' edges come first.

A lazy loop (`CellEdges.idle`) computes, of the candidates that have weights, only those whose weight in the mixture is
not 0: the drawn one (GDAS), or those that a stage has kept (P-DARTS).
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dartsx.kernels.channel_major.cell_layout import CellEdges
from dartsx.kernels.channel_major.edge_blocks import EdgeBlock
from dartsx.kernels.channel_major.one_edge import Batch, Edge, Tree, edge_of, pull_of, shared_of
from dartsx.kernels.channel_major.primitives import norm_widths
from dartsx.kernels.running_statistics import Running, concatenated


def evaluate(cell: CellEdges, inputs: Sequence[jax.Array]) -> tuple[list[jax.Array], Batch]:
    """As `edges_together.evaluate`."""
    layout, x = cell.layout, jnp.stack(inputs)
    count = 1 + max(node for block in layout.blocks for node in block.targets) - len(inputs)
    stride = layout.stride(layout.blocks[0])
    shape = (count, *x.shape[1:-2], *((length - 1) // stride + 1 for length in x.shape[-2:]))
    states, absent = jnp.zeros(shape, x.dtype), len(inputs)
    if stride == 1:  # the inputs are of the nodes' size: one array holds all
        states, absent = jnp.concatenate([x, states]), 0
    collected = []
    for stride, group in itertools.groupby(layout.blocks, layout.stride):
        blocks = tuple(group)
        loop = _Loop.over(cell, blocks, stride, absent)
        states, batch = _run(loop, x if stride > 1 else None, states, _arrays(cell, blocks))
        collected.append(batch)
    return list(states[-count:]), concatenated(collected)


class _Arrays(NamedTuple):
    """What differs from edge to edge, and from source to source, stacked along the first axis."""

    weights: dict[str, dict[str, jax.Array]]
    mixture: jax.Array
    edge_stats: Running | None
    source_stats: Running | None
    idle: Running | None  # of edges, where the loop is lazy


def _arrays(cell: CellEdges, blocks: tuple[EdgeBlock, ...]) -> _Arrays:
    layout = cell.layout

    def part(slices: dict[EdgeBlock, slice]) -> slice:
        return slice(slices[blocks[0]].start, slices[blocks[-1]].stop)

    weights = {
        name: jax.tree.map(lambda value, where=where: value[part(where)], stacked)
        for name, stacked in cell.weights.items()
        if blocks[0] in (where := layout.weight_slices(name))
    }
    mixture = cell.mixture[jnp.array([row for block in blocks for row in block.rows])]

    def statistics(given: Running | None, per_source: bool) -> Running | None:
        return given and {
            name: jax.tree.map(lambda value, where=where: value[part(where)], norms)
            for name, norms in given.items()
            if layout.primitives[name].per_source == per_source and blocks[0] in (where := layout.norm_slices(name))
        }

    own, shared = statistics(cell.stats, False), statistics(cell.stats, True)
    return _Arrays(weights, mixture, own, shared, statistics(cell.idle, False))


@dataclasses.dataclass(frozen=True)
class _Loop:
    """Sources and edges of one stride.

    Attributes:
      sources: place of every source in the array that is read.
      first: edges of source i are number first[i] up to first[i + 1].
      targets: place of every edge's target among the states.
      edge: what each of them computes.
    """

    sources: tuple[int, ...]
    first: tuple[int, ...]
    targets: tuple[int, ...]
    edge: Edge

    @classmethod
    def over(cls, cell: CellEdges, blocks: tuple[EdgeBlock, ...], stride: int, absent: int) -> _Loop:
        """The loop over these blocks; the first `absent` nodes are not among the states."""
        sources = [source for block in blocks for source in block.sources]
        counts = [len(block.targets) for block in blocks for _ in block.sources]
        targets = [target - absent for block in blocks for _ in block.sources for target in block.targets]
        return cls(
            tuple(source - (absent if stride == 1 else 0) for source in sources),
            (0, *itertools.accumulate(counts)),
            tuple(targets),
            Edge(tuple(cell.layout.primitives.items()), stride, cell.forms, cell.activation),
        )

    def batch(self, x: jax.Array, train: bool) -> tuple[Batch, Batch]:
        """Zeros for the batch statistics of all sources, and of all edges."""
        kinds = ((True, len(self.sources)), (False, len(self.targets)))
        dtype = jnp.promote_types(x.dtype, jnp.float32)
        return tuple(
            {
                (name, norm): {kind: jnp.zeros((count, width), dtype) for kind in ("mean", "var")}
                for name, primitive in self.edge.members(per_source).items()
                for norm, width in norm_widths(primitive, x.shape[1], self.edge.stride).items()
                if train
            }
            for per_source, count in kinds
        )


def _at(tree: Tree, i: jax.Array) -> Tree:
    return jax.tree.map(
        lambda leaf: lax.dynamic_index_in_dim(leaf, i, keepdims=False, allow_negative_indices=False), tree
    )


def _put(tree: Tree, i: jax.Array, part: Tree) -> Tree:
    def put(leaf, value):
        value = value.reshape(leaf.shape[1:])
        return lax.dynamic_update_index_in_dim(leaf, value, i, 0, allow_negative_indices=False)

    return jax.tree.map(put, tree, part)


def _add(states: jax.Array, i: jax.Array, y: jax.Array) -> jax.Array:
    return _put(states, i, _at(states, i) + y)


def _table(loop: _Loop) -> tuple[jax.Array, jax.Array, jax.Array]:
    return tuple(jnp.asarray(np.array(numbers, np.int32)) for numbers in (loop.sources, loop.first, loop.targets))


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(loop: _Loop, inputs: jax.Array | None, states: jax.Array, arrays: _Arrays) -> tuple[jax.Array, Batch]:
    """Adds every edge's contribution to its target.

    Args:
      loop: the edges that are looped over.
      inputs: [S, C, N, H, W] to read the sources from, or None where they are states themselves.
      states: [nodes, C, N, H', W'], where the sums begin.
      arrays: what belongs to single edges and sources.

    Returns:
      The states after all edges, and batch statistics (empty in evaluation), through which no gradient flows.
    """
    return _forward(loop, inputs, states, arrays)


def _forward_rule(loop, *arguments):
    """Arguments tell which gradients are asked for: an architecture step wants none of the weights."""
    inputs, states, arrays = jax.tree.map(lambda leaf: leaf.value, arguments)
    perturbed = jax.tree.map(lambda leaf: leaf.perturbed, arguments[2].weights)
    learned = arrays.weights if any(jax.tree.leaves(perturbed)) else {}
    states, batch = _forward(loop, inputs, states, arrays)
    return (states, batch), (inputs, states, arrays, learned)


# Jitted, so that cells of equal shapes, in both halves of a search step, are traced and lowered once.
@functools.partial(jax.jit, static_argnums=0)
def _forward(loop, inputs, states, arrays):
    # The backward pass names the mesh in its context, the forward pass does not: what is jitted in both of them would
    # be traced twice.
    with jax.sharding.use_abstract_mesh(jax.sharding.get_abstract_mesh()):
        return _sums(loop, inputs, states, arrays)


def _sums(loop, inputs, states, arrays):
    sources, first, targets = _table(loop)

    def over_sources(i, carry):
        states, source_batch, edge_batch = carry
        x = _at(states if inputs is None else inputs, _at(sources, i))
        values, batch, _ = shared_of(loop.edge, x, _at(arrays.source_stats, i))
        source_batch = _put(source_batch, i, batch)

        def over_edges(e, carry):
            states, edge_batch = carry
            weights, row, stats, idle = _at((arrays.weights, arrays.mixture, arrays.edge_stats, arrays.idle), e)
            y, batch, _ = edge_of(loop.edge, x, values, weights, row, stats, idle)
            return _add(states, _at(targets, e), y), _put(edge_batch, e, batch)

        states, edge_batch = lax.fori_loop(_at(first, i), _at(first, i + 1), over_edges, (states, edge_batch))
        return states, source_batch, edge_batch

    start = (states, *loop.batch(states, arrays.edge_stats is None))
    states, source_batch, edge_batch = lax.fori_loop(0, len(loop.sources), over_sources, start)
    return states, source_batch | edge_batch


def _backward_rule(loop, residuals, cotangents):
    return _backward(loop, residuals, cotangents[0])


@functools.partial(jax.jit, static_argnums=0)
def _backward(loop, residuals, cotangent):
    inputs, states, arrays, learned = residuals
    sources, first, targets = _table(loop)
    last = len(loop.sources) - 1

    def over_sources(k, carry):
        grad_inputs, grad_states, grad_learned, grad_mixture = carry
        i = last - k
        x = _at(states if inputs is None else inputs, _at(sources, i))
        values, _, pull_shared = shared_of(loop.edge, x, _at(arrays.source_stats, i))

        def over_edges(e, carry):
            grad_x, grad_values, grad_learned, grad_mixture = carry
            weights, row, stats, idle = _at((arrays.weights, arrays.mixture, arrays.edge_stats, arrays.idle), e)
            cotangent = _at(grad_states, _at(targets, e))
            to_x, to_values, to_weights, to_row = pull_of(loop.edge, cotangent, x, values, weights, row, stats, idle)
            grad_x, grad_values = jax.tree.map(jnp.add, (grad_x, grad_values), (to_x, to_values))
            to_learned = {name: to_weights[name] for name in learned}  # what nobody keeps, XLA does not compute
            return grad_x, grad_values, *_put((grad_learned, grad_mixture), e, (to_learned, to_row))

        zeros = jax.tree.map(jnp.zeros_like, (x, values))
        grad_x, grad_values, grad_learned, grad_mixture = lax.fori_loop(
            _at(first, i), _at(first, i + 1), over_edges, (*zeros, grad_learned, grad_mixture)
        )
        grad_x = grad_x + pull_shared(grad_values)[0]
        if inputs is None:
            grad_states = _add(grad_states, _at(sources, i), grad_x)
        else:
            grad_inputs = _put(grad_inputs, _at(sources, i), grad_x)
        return grad_inputs, grad_states, grad_learned, grad_mixture

    zeros = jax.tree.map(jnp.zeros_like, (inputs, arrays))
    start = (zeros[0], cotangent, jax.tree.map(jnp.zeros_like, learned), zeros[1].mixture)
    grad_inputs, grad_states, grad_learned, grad_mixture = lax.fori_loop(0, last + 1, over_sources, start)
    weights = zeros[1].weights | grad_learned
    return grad_inputs, grad_states, zeros[1]._replace(weights=weights, mixture=grad_mixture)


_run.defvjp(_forward_rule, _backward_rule, symbolic_zeros=True)
