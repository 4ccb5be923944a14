"""The cell of `dartsx.nn.search_cell` on arrays [N, H, W, C]: the same variables, few and wide operations."""

from __future__ import annotations

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.cell_layout import CellEdges, CellLayout
from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.choice import Forms
from dartsx.kernels.pixel_major import cell
from dartsx.kernels.plan import CellPlan
from dartsx.nn.layers import advance, keep_running
from dartsx.nn.pixel_layers import Raw, normalized
from dartsx.nn.search_cell import cell_weights


class PixelSearchCell(nn.Module):
    """As `search_cell.SearchCell`, whose attributes it has; both inputs are normalised together."""

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
        """Inputs [N, H', W', C'] and [N, H, W, C''], mixture [edges, primitives] -> [N, H, W, concat * C]."""
        layout = CellLayout(self.edges, dict(self.primitives), self.plan)
        inputs = s0[:, :, :, None] if s1 is None else self._inputs(s0, s1, train)
        weights = cell_weights(self, layout)
        stats = keep_running(self, layout.norm_shapes())
        if self.is_initializing():  # all variables are made: the edges need not be traced
            return self._zeros(inputs)
        used, idle = None if train else stats.value, stats.value if self.lazy else None
        edges = CellEdges(layout, weights, mixture, used, self.forms, self.activation, idle)
        nodes, batch = cell.evaluate(edges, inputs)
        if train:
            advance(self, stats, batch)
        return jnp.concatenate([nodes[node - inputs.shape[3]] for node in self.concat], -1)

    def _inputs(self, s0: jax.Array, s1: jax.Array, train: bool) -> jax.Array:
        """Both inputs at the cell's width and size, [N, H, W, 2, C]."""
        reduce = (self.plan.reduction_prev, False)
        made = [
            Raw(self.plan.channels, r, self.activation, name=f"pre{i}")(s)
            for i, (s, r) in enumerate(zip((s0, s1), reduce, strict=True))
        ]
        return normalized([x[:, :, :, None] for x, _ in made], [stats for _, stats in made], train, self)

    def _zeros(self, inputs: jax.Array) -> jax.Array:
        stride = self.plan.stride(0)
        height, width = ((length - 1) // stride + 1 for length in inputs.shape[1:3])
        return jnp.zeros((inputs.shape[0], height, width, len(self.concat) * inputs.shape[-1]), inputs.dtype)
