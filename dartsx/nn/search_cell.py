"""One cell of a supernet: every edge a mixture of all primitives, computed block by block (see `blocks`).

Weights and running statistics of a primitive are one array over the edges that have them, in source-major order;
batch statistics of pools, which all targets share, are one row per source.
"""

from __future__ import annotations

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.nn import edges_apart, edges_together, initializers
from dartsx.nn.cell_layout import CellEdges, CellLayout
from dartsx.nn.layers import Preprocess, advance, keep_running
from dartsx.nn.plan import CellPlan
from dartsx.nn.primitives import Primitive

REMAT = ("none", "branch", "cell")


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
    def __call__(self, s0: jax.Array, s1: jax.Array | None, mixture: jax.Array, train: bool) -> jax.Array:
        """Inputs [C', N, H', W'] and [C'', N, H, W], mixture [edges, primitives] -> [concat * C, N, H, W].

        Without s1 the cell has one input, s0 [C, N, H, W], which is its node 0 as it is.
        """
        plan = self.plan
        layout = CellLayout(self.edges, dict(self.primitives), plan)
        inputs = [s0] if s1 is None else self._inputs(s0, s1, train)
        weights = self._weights(layout, inputs[0].dtype)
        stats = keep_running(self, layout.norm_shapes())
        cell = CellEdges(layout, weights, mixture, None if train else stats.value, self.form, self.activation)
        evaluate = edges_apart.evaluate if self.remat == "branch" else edges_together.evaluate
        nodes, batch = evaluate(cell, inputs)
        if train:
            advance(self, stats, batch)
        return jnp.concatenate([nodes[node - len(inputs)] for node in self.concat])

    def _inputs(self, s0: jax.Array, s1: jax.Array, train: bool) -> list[jax.Array]:
        plan = self.plan
        pre = [(s0, plan.reduction_prev), (s1, False)]
        return [
            Preprocess(plan.channels, reduce, False, self.activation, name=f"pre{i}")(s, train)
            for i, (s, reduce) in enumerate(pre)
        ]

    def _weights(self, layout: CellLayout, dtype) -> dict[str, dict[str, jax.Array]]:
        weights = {}
        for name in layout.primitives:
            spec, edges = layout.weights(name)
            if spec:
                stacked = self.param(name, initializers.stacked, spec, edges)
                weights[name] = {key: value.astype(dtype) for key, value in stacked.items()}
        return weights

