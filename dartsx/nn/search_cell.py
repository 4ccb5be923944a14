"""One cell of a supernet: every edge a mixture of all primitives, computed block by block (see `blocks`).

Weights and running statistics of a primitive are one array over the edges that have them, in source-major order;
batch statistics of pools, which all targets share, are one row per source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.nn import initializers, running
from dartsx.nn.blocks import EdgeBlock, edge_blocks
from dartsx.nn.layers import Preprocess, advance, keep_running
from dartsx.nn.plan import CellPlan
from dartsx.nn.primitives import Block, Branches, Primitive, families

REMAT = ("none", "branch", "cell")


class CellLayout:
    """Which edges of a cell carry which weights and norms, and where in the stacked arrays they stand."""

    def __init__(
        self,
        edges: tuple[tuple[int, int], ...],
        primitives: Mapping[str, Primitive],
        plan: CellPlan,
    ):
        self.blocks = edge_blocks(edges)
        self.primitives = primitives
        self.plan = plan

    def stride(self, block: EdgeBlock) -> int:
        """2 for the edges from a reduction cell's inputs, else 1."""
        return self.plan.stride(block.sources[0])

    def weight_slices(self, name: str) -> dict[EdgeBlock, slice]:
        """Where each block's edges stand in the weight arrays of a primitive."""
        return self._slices(
            lambda block: bool(
                self.primitives[name].weights(self.plan.channels, self.stride(block))
            ),
            lambda block: len(block.rows),
        )

    def norm_slices(self, name: str) -> dict[EdgeBlock, slice]:
        """Where each block's edges (or sources) stand in the statistics of a primitive."""
        per_source = self.primitives[name].per_source
        return self._slices(
            lambda block: bool(self.primitives[name].norms(self.stride(block))),
            lambda block: len(block.sources) if per_source else len(block.rows),
        )

    def _slices(self, has, size) -> dict[EdgeBlock, slice]:
        slices, first = {}, 0
        for block in self.blocks:
            if has(block):
                slices[block] = slice(first, first + size(block))
                first += size(block)
        return slices

    def weights(self, name: str) -> tuple[dict, int]:
        """Weight specifications of one edge, and the number of edges that have them."""
        slices = self.weight_slices(name)
        if not slices:
            return {}, 0
        first = next(iter(slices))
        spec = self.primitives[name].weights(self.plan.channels, self.stride(first))
        return spec, max(s.stop for s in slices.values())

    def norm_shapes(self) -> dict[running.Key, tuple[int, int]]:
        """Shape [n, C] of the statistics of every norm on the edges."""
        shapes = {}
        for name, primitive in self.primitives.items():
            for block, where in self.norm_slices(name).items():
                for key in primitive.norms(self.stride(block)):
                    shapes[name, key] = (where.stop, self.plan.channels)
        return shapes


class SearchCell(nn.Module):
    """Two inputs, intermediate nodes, an edge from every node to every later one; see the module's docstring.

    Attributes:
      edges: (source, node) of every row of the mixture.
      concat: nodes that are concatenated.
      primitives: (name, primitive) in the order of the mixture's columns; pairs, because lifted transformations
        sort mappings.
      plan: widths and stride.
      form: form of separable convolutions, or None.
      remat: with ``"branch"`` the backward pass recomputes every block instead of storing its inner results.
      activation: ReLU, unless a smooth stand-in is asked for.
    """

    edges: tuple[tuple[int, int], ...]
    concat: tuple[int, ...]
    primitives: tuple[tuple[str, Primitive], ...]
    plan: CellPlan
    form: str | None = None
    remat: str = "none"
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu

    @nn.compact
    def __call__(self, s0: jax.Array, s1: jax.Array, mixture: jax.Array, train: bool) -> jax.Array:
        """Inputs [C', N, H', W'] and [C'', N, H, W], mixture [edges, primitives] -> [concat * C, N, H, W]."""
        plan = self.plan
        layout = CellLayout(self.edges, dict(self.primitives), plan)
        pre = [(s0, plan.reduction_prev), (s1, False)]
        states = {
            i: Preprocess(plan.channels, reduce, False, self.activation, name=f"pre{i}")(s, train)
            for i, (s, reduce) in enumerate(pre)
        }
        weights = self._weights(layout, states[0].dtype)
        stats = keep_running(self, layout.norm_shapes())
        collected: list[dict[running.Key, running.Stats]] = []
        for block in layout.blocks:
            x = jnp.stack([states[source] for source in block.sources])
            y, batch = self._block(layout, block, x, weights, mixture, stats.value, train)
            collected.append(batch)
            for i, target in enumerate(block.targets):
                states[target] = states[target] + y[i] if target in states else y[i]
        if train:
            advance(self, stats, _concatenated(collected))
        return jnp.concatenate([states[node] for node in self.concat])

    def _weights(self, layout: CellLayout, dtype) -> dict[str, dict[str, jax.Array]]:
        weights = {}
        for name in layout.primitives:
            spec, edges = layout.weights(name)
            if spec:
                stacked = self.param(name, initializers.stacked, spec, edges)
                weights[name] = {key: value.astype(dtype) for key, value in stacked.items()}
        return weights

    def _block(self, layout, block, x, weights, mixture, stats, train):
        """Contribution of one block to its targets [T, C, N, H, W], and its batch statistics."""
        own = {
            name: {
                key: value[where[block]].reshape(*block.shape, *value.shape[1:])
                for key, value in weights[name].items()
            }
            for name in weights
            if block in (where := layout.weight_slices(name))
        }
        stats = None if train else _slice_stats(layout, block, stats)
        rows = mixture[jnp.array(block.rows)].reshape(*block.shape, -1)

        def compute(x, own, rows, stats):
            norms = running.Norms(stats, None, self.activation)
            stride, targets = layout.stride(block), len(block.targets)
            job = Block(x, targets, own, stride, norms, self.form, self.activation)
            groups = families(layout.primitives)
            branches = [b for f, members in groups.items() for b in f.evaluate(members, job)]
            return _mix(
                branches, rows, tuple(layout.primitives), layout, norms, stride
            ), norms.batch

        if self.remat == "branch":
            compute = jax.checkpoint(compute)
        return compute(x, own, rows, stats)


def _mix(branches: list[Branches], rows, columns, layout, norms, stride) -> jax.Array:
    """sum over primitives and sources: rows [G, T, P] times branches -> [T, C, N, H, W]."""

    def weight(names):  # [B, G, T]
        return jnp.moveaxis(rows[..., jnp.array([columns.index(n) for n in names])], -1, 0)

    def last_norm(names):
        return [(n, layout.primitives[n].norms(stride)[-1]) for n in names]

    total = []
    for names, value, needed in branches:
        if needed == "always":
            total.append(norms.weighted_sum(last_norm(names), weight(names), value))
            continue
        if needed == "search":
            value = norms(last_norm(names), value)
        scale = weight(names).astype(value.dtype)
        if value.shape[2] == 1:
            total.append(jnp.einsum("bgt,bgcnhw->tcnhw", scale, value[:, :, 0]))
        else:
            total.append(jnp.einsum("bgt,bgtcnhw->tcnhw", scale, value))
    return sum(total[1:], total[0])


def _slice_stats(layout: CellLayout, block: EdgeBlock, stats: running.Running) -> running.Running:
    return {
        name: jax.tree.map(lambda value, where=where: value[where[block]], norms)
        for name, norms in stats.items()
        if block in (where := layout.norm_slices(name))
    }


def _concatenated(collected) -> dict[running.Key, running.Stats]:
    keys = dict.fromkeys(key for batch in collected for key in batch)
    return {
        key: {
            kind: jnp.concatenate([batch[key][kind] for batch in collected if key in batch])
            for kind in ("mean", "var")
        }
        for key in keys
    }
