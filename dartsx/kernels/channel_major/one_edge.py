"""What one edge of a cell computes, and its derivative, traced once for all edges that compute the same.

Tracing and lowering a cell is tracing and lowering its edges. Those of equal shapes, of normal and reduction cells, in
the forward and in the backward loop of both halves of a search step, share one trace: whatever differs between them is
an array, and what is left, an `Edge`, is the key.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.mixed_operation import last_norms, mixed_operation
from dartsx.kernels.channel_major.primitives import Block, Branches, Primitive
from dartsx.kernels.choice import Forms
from dartsx.kernels.running_statistics import Key, Running, Stats

Tree = Any
Batch = dict[Key, Stats]
Values = dict[str, jax.Array]  # what the targets of a source share, by primitive
Weights = dict[str, dict[str, jax.Array]]  # of one edge: primitive -> name of an array -> the array
Pull = Callable[..., tuple]  # cotangents of the results -> those of the arguments


@dataclasses.dataclass(frozen=True)
class Edge:
    """What an edge computes.

    Attributes:
      primitives: (name, primitive) in the order of the mixture's columns.
      stride: stride of the edge.
      forms: the forms in which convolutions are computed.
      activation: ReLU, or its stand-in.
    """

    primitives: tuple[tuple[str, Primitive], ...]
    stride: int
    forms: Forms
    activation: Callable[[jax.Array], jax.Array]

    def members(self, per_source: bool) -> dict[str, Primitive]:
        """The primitives of which all targets of a source share the result, or the others."""
        return {name: primitive for name, primitive in self.primitives if primitive.per_source == per_source}

    def shared(self, x: jax.Array, stats: Running | None) -> tuple[Values, Batch]:
        """What the targets of x [C, N, H, W] share: by primitive the normalised result, and batch statistics."""
        norms = Norms(stats, None, self.activation)
        values = {}
        for name, value, needed in self._branches(self.members(True), x, {}, norms):
            if needed != "never":
                value = norms(last_norms(dict(self.primitives), name, self.stride), value)
            values[name[0]] = value
        return values, norms.batch

    def contribution(
        self,
        x: jax.Array,
        values: Values,
        weights: Weights,
        row: jax.Array,
        stats: Running | None,
        idle: Running | None,
    ) -> tuple[jax.Array, Batch]:
        """Contribution of one edge to its target, and batch statistics.

        Args:
          x: the source, [C, N, H, W].
          values: what `shared` makes of it.
          weights: arrays of the edge's primitives.
          row: the edge's row of the mixture, [primitives].
          stats: running statistics to normalise by, or None for those of the batch.
          idle: statistics that candidates of weight 0 keep, where they are left out; None to compute all.

        Returns:
          [C, N, H', W'], and the batch statistics of its norms (none in evaluation).
        """
        lazy = {} if idle is None else {name: p for name, p in self.members(False).items() if name in weights}
        eager = {name: primitive for name, primitive in self.members(False).items() if name not in lazy}
        y, batch = self._mixed(eager, x, values, weights, row, stats)
        for column, (name, _) in enumerate(self.primitives):
            if name in lazy:
                compute = functools.partial(self._mixed, {name: lazy[name]}, stats=stats)
                more, found = _unless_zero(row[column], compute, idle[name], x, {}, {name: weights[name]}, row)
                y, batch = y + more, batch | found
        return y, batch

    def _mixed(self, members, x, values, weights, row, stats) -> tuple[jax.Array, Batch]:
        """What these members and the shared values contribute to an edge."""
        norms = Norms(stats, None, self.activation)
        weights = jax.tree.map(lambda value: lax.expand_dims(value, (0, 1)), weights)
        branches = self._branches(members, x, weights, norms)
        branches += [Branches((name,), value, "never") for name, value in values.items()]
        if not branches:  # of none alone
            return 0, {}
        y = mixed_operation(branches, row[None, None], dict(self.primitives), norms, self.stride)
        return y[0], norms.batch

    def _branches(self, members, x, weights, norms) -> list[Branches]:
        block = Block(x[None], 1, weights, self.stride, norms, self.forms, self.activation)
        return [b for name, primitive in members.items() for b in primitive.evaluate({name: primitive}, block)]


def _unless_zero(weight, compute: Callable[..., tuple[jax.Array, Batch]], idle: Tree, *arguments: Tree):
    """What `compute` makes of the arguments; where the weight is 0 zeros, and the statistics `idle`, at no cost."""
    y, batch = jax.eval_shape(compute, *arguments)

    def skip(*_):
        kept = {key: jax.tree.map(lambda s, old: old.reshape(s.shape), batch[key], idle[key[1]]) for key in batch}
        return jnp.zeros(y.shape, y.dtype), kept

    # Checkpointed, so that the backward pass is one conditional with the forward pass in it, and hands nothing over.
    return lax.cond(weight != 0, jax.checkpoint(compute, prevent_cse=False), skip, *arguments)


# The value comes from the forward halves of the reverse rules inside: those are plain operations, of which a forward
# derivative can be taken (hypergradient ``exact``), as it cannot of functions with a reverse rule.
@functools.partial(jax.jit, static_argnums=0)
def shared_of(edge: Edge, x: jax.Array, stats: Running | None) -> tuple[Values, Batch, Pull]:
    """What `Edge.shared` returns, and its derivative: from cotangents of the values to that of x."""
    values, pull, batch = jax.vjp(functools.partial(edge.shared, stats=stats), x, has_aux=True)
    return values, batch, pull


@functools.partial(jax.jit, static_argnums=0)
def edge_of(
    edge: Edge,
    x: jax.Array,
    values: Values,
    weights: Weights,
    row: jax.Array,
    stats: Running | None,
    idle: Running | None,
) -> tuple[jax.Array, Batch, Pull]:
    """What `Edge.contribution` returns, and its derivative: from a cotangent to those of x, values, weights and row."""
    compute = functools.partial(edge.contribution, stats=stats, idle=idle)
    y, pull, batch = jax.vjp(compute, x, values, weights, row, has_aux=True)
    return y, batch, pull


@functools.partial(jax.jit, static_argnums=0)
def pull_of(edge: Edge, cotangent: jax.Array, *arguments: Tree) -> tuple[jax.Array, Values, Weights, jax.Array]:
    """Cotangents of x, values, weights and row; arguments as of `edge_of`."""
    return edge_of(edge, *arguments)[-1](cotangent)
