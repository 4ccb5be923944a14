"""One cell of a derived network: the genotype's edges only, each with its own affine batch norms and drop path."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.primitives import lookup
from dartsx.kernels.choice import Forms
from dartsx.kernels.plan import CellPlan
from dartsx.nn.layouts import CHANNEL_MAJOR, Parts
from dartsx.nn.operations import OnEdge
from dartsx.spaces import SKIP, Cell


class DerivedCell(nn.Module):
    """Two inputs, the genotype's edges, concatenation of its nodes.

    Nodes that no edge enters are left out of the sum (and, if they are concatenated, of the output): genotypes of
    threshold methods such as FairDARTS have them.

    Attributes:
      cell: edges and concatenation.
      plan: widths and stride.
      forms: the forms in which convolutions are computed.
      parts: the layers in their layout.
    """

    cell: Cell
    plan: CellPlan
    forms: Forms = Forms()
    parts: Parts = CHANNEL_MAJOR

    @nn.compact
    def __call__(
        self,
        s0: jax.Array,
        s1: jax.Array,
        train: bool,
        masks: jax.Array | None = None,
        keep: jax.Array | None = None,
    ) -> jax.Array:
        """Computes the cell.

        Args:
          s0, s1: [C', N, H', W'] and [C'', N, H, W], or with the channels last.
          train: normalise by the batch's statistics.
          masks: [edges, N], 1 where drop path keeps an image, or None for no drop path.
          keep: probability with which the masks were drawn.

        Returns:
          [nodes * C, N, H / stride, W / stride], or with the channels last.
        """
        plan, parts = self.plan, self.parts
        pre = [(s0, plan.reduction_prev), (s1, False)]
        inputs = [parts.preprocess(plan.channels, r, name=f"pre{i}")(s, train) for i, (s, r) in enumerate(pre)]
        table = lookup(edge.primitive for edge in self.cell.edges)
        edges = [
            OnEdge(k, edge.primitive, table[edge.primitive], edge.source, edge.node, plan.stride(edge.source))
            for k, edge in enumerate(self.cell.edges)
        ]

        def drop(edge: OnEdge, y: jax.Array) -> jax.Array:
            identity = edge.name == SKIP and edge.stride == 1
            return y if masks is None or identity else drop_path(y, keep, parts.of_images(masks[edge.number]))

        nodes = parts.operations(self, edges, dict(enumerate(inputs)), train, drop)
        return jnp.concatenate([nodes[node] for node in self.cell.concat if node in nodes], parts.channels)


def drop_path(x: jax.Array, keep: jax.Array, mask: jax.Array) -> jax.Array:
    """Drops whole images of an operation's output: x * mask / keep, with a mask that broadcasts."""
    return x / jnp.asarray(keep, x.dtype) * mask.astype(x.dtype)


def cell_width(cell: Cell) -> int:
    """Number of concatenated nodes that some edge enters: the cell's output has this times C channels."""
    return len([node for node in cell.concat if cell.inputs(node)])
