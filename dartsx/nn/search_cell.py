"""One cell of a supernet: every edge a mixture of all primitives, edges together or one after the other (`REMAT`).

Weights and running statistics of a primitive are one array over the edges that have them, in source-major order;
batch statistics of pools, which all targets share, are one row per source.
"""

from __future__ import annotations

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.catalog import REMAT
from dartsx.kernels import initial_weights
from dartsx.kernels.channel_major import edges_apart, edges_together
from dartsx.kernels.channel_major.cell_layout import CellEdges, CellLayout
from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.choice import Forms, backend_of, supernet_remat
from dartsx.kernels.plan import CellPlan
from dartsx.nn.layers import Preprocess, advance, keep_running

# What the backward pass computes again, one of `REMAT`:
#   none    nothing; all edges of a block are one computation (`edges_together`)
#   branch  every edge, one after the other (`edges_apart`): memory of the nodes and of one edge
#   cell    every cell, all edges of a block together: memory of the cells' outputs and of one cell


def checked_remat(given: str | None, partial: int, backend: str | None = None, layout: str = "channel_major") -> str:
    """The policy that was given, or the one that suits backend and layout.

    Raises:
      ValueError: it is unknown, or does not go with partial channels (`partial` above 1).
    """
    remat = given or ("none" if partial > 1 or layout != "channel_major" else supernet_remat(backend_of(backend)))
    if remat not in REMAT:
        raise ValueError(f"unknown remat {remat!r}; allowed: {', '.join(REMAT)}")
    if partial > 1 and remat == "branch":
        raise ValueError("partial channels go with remat none or cell, not with branch")
    return remat


class SearchCell(nn.Module):
    """Two inputs, intermediate nodes, an edge from every node to every later one; see the module's docstring.

    Attributes:
      edges: (source, node) of every row of the mixture.
      concat: nodes that are concatenated.
      primitives: (name, primitive) in the order of the mixture's columns; pairs, because lifted transformations
        sort mappings.
      plan: widths and stride.
      forms: the forms in which convolutions are computed.
      remat: one of `REMAT`; of ``"cell"`` the caller takes care.
      activation: ReLU, unless a smooth stand-in is asked for.
      lazy: as in `supernet.Supernet`.
    """

    edges: tuple[tuple[int, int], ...]
    concat: tuple[int, ...]
    primitives: tuple[tuple[str, Primitive], ...]
    plan: CellPlan
    forms: Forms = Forms()
    remat: str = "none"
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    lazy: bool = False

    @nn.compact
    def __call__(self, s0: jax.Array, s1: jax.Array | None, mixture: jax.Array, train: bool) -> jax.Array:
        """Inputs [C', N, H', W'] and [C'', N, H, W], mixture [edges, primitives] -> [concat * C, N, H, W].

        Without s1 the cell has one input, s0 [C, N, H, W], which is its node 0 as it is. With partial
        channels the mixture has one more column, see `partial`.
        """
        plan = self.plan
        layout = CellLayout(self.edges, dict(self.primitives), plan)
        inputs = [s0] if s1 is None else self._inputs(s0, s1, train)
        weights = jax.tree.map(lambda w: w.astype(inputs[0].dtype), cell_weights(self, layout))
        stats = keep_running(self, layout.norm_shapes())
        if self.is_initializing():  # all variables are made: the edges need not be traced
            return self._zeros(inputs)
        used, idle = None if train else stats.value, stats.value if self.lazy else None
        cell = CellEdges(layout, weights, mixture, used, self.forms, self.activation, idle)
        evaluate = edges_apart.evaluate if self.remat == "branch" else edges_together.evaluate
        nodes, batch = evaluate(cell, inputs)
        if train:
            advance(self, stats, batch)
        return jnp.concatenate([nodes[node - len(inputs)] for node in self.concat])

    def _inputs(self, s0: jax.Array, s1: jax.Array, train: bool) -> list[jax.Array]:
        plan = self.plan
        pre = [(s0, plan.reduction_prev), (s1, False)]
        return [
            Preprocess(plan.channels, reduce, False, self.activation, self.forms, name=f"pre{i}")(s, train)
            for i, (s, reduce) in enumerate(pre)
        ]

    def _zeros(self, inputs: list[jax.Array]) -> jax.Array:
        stride, x = self.plan.stride(0), inputs[0]
        lengths = ((length - 1) // stride + 1 for length in x.shape[2:])
        return jnp.zeros((len(self.concat) * x.shape[0], x.shape[1], *lengths), x.dtype)


def cell_weights(module: nn.Module, layout: CellLayout) -> dict[str, dict[str, jax.Array]]:
    """The parameters of a cell's edges, made inside a compact method: primitive -> name -> array over the edges."""
    weights = {}
    for name in layout.primitives:
        spec, edges = layout.weights(name)
        if spec:
            weights[name] = module.param(name, initial_weights.stacked, spec, edges)
    return weights
