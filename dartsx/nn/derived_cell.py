"""One cell of a derived network: the genotype's edges only, each with its own affine batch norms and drop path."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels import initial_weights
from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.primitives import Block, Primitive, lookup, norm_widths
from dartsx.kernels.choice import Forms
from dartsx.kernels.plan import CellPlan
from dartsx.nn.layers import Preprocess, advance, keep_running
from dartsx.spaces import Cell


class Operation(nn.Module):
    """One primitive on one edge.

    Attributes:
      primitive: what it computes.
      stride: 1 or 2.
      forms: the forms in which convolutions are computed.
    """

    primitive: Primitive
    stride: int
    forms: Forms = Forms()

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """[C, N, H, W] -> [C, N, H / stride, W / stride]."""
        channels, name = x.shape[0], "op"
        spec = self.primitive.weights(channels, self.stride)
        weights = {}
        if spec:
            stacked = self.param("weights", initial_weights.stacked, spec)
            weights[name] = {key: value.astype(x.dtype)[None, None] for key, value in stacked.items()}
        # Pools, the only ones that share results, have no batch norm in a network.
        widths = {} if self.primitive.per_source else norm_widths(self.primitive, channels, self.stride)
        keys = [(name, norm) for norm in widths]
        affine = {key: self._affine(key[1], widths[key[1]]) for key in keys}
        stats = keep_running(self, {key: (1, widths[key[1]]) for key in keys}) if keys else None
        if self.is_initializing():  # all variables are made: nothing need be traced
            return jnp.zeros((*x.shape[:2], *((length - 1) // self.stride + 1 for length in x.shape[2:])), x.dtype)
        norms = Norms(None if train or stats is None else stats.value, affine)
        block = Block(x[None], 1, weights, self.stride, norms, self.forms)
        (branch,) = self.primitive.evaluate({name: self.primitive}, block)
        y = branch.value
        if branch.norm == "always":
            y = norms(keys[-1:], y)
        if train and stats is not None:
            advance(self, stats, norms.batch)
        return y[0, 0, 0]

    def _affine(self, norm: str, channels: int) -> tuple[jax.Array, jax.Array]:
        scale = self.param(f"{norm}_scale", nn.initializers.ones, (channels,))
        return scale, self.param(f"{norm}_bias", nn.initializers.zeros, (channels,))


def drop_path(x: jax.Array, keep: jax.Array, mask: jax.Array) -> jax.Array:
    """Drops whole images of an operation's output: x [C, N, H, W] * mask [N] / keep."""
    return x / jnp.asarray(keep, x.dtype) * mask.astype(x.dtype)[:, None, None]


class DerivedCell(nn.Module):
    """Two inputs, the genotype's edges, concatenation of its nodes.

    Nodes that no edge enters are left out of the sum (and, if they are concatenated, of the output): genotypes of
    threshold methods such as FairDARTS have them.

    Attributes:
      cell: edges and concatenation.
      plan: widths and stride.
      forms: the forms in which convolutions are computed.
    """

    cell: Cell
    plan: CellPlan
    forms: Forms = Forms()

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
          s0, s1: [C', N, H', W'] and [C'', N, H, W].
          train: normalise by the batch's statistics.
          masks: [edges, N], 1 where drop path keeps an image, or None for no drop path.
          keep: probability with which the masks were drawn.

        Returns:
          [nodes * C, N, H / stride, W / stride].
        """
        plan = self.plan
        pre = [(s0, plan.reduction_prev), (s1, False)]
        states = {
            i: Preprocess(plan.channels, reduce, True, forms=self.forms, name=f"pre{i}")(s, train)
            for i, (s, reduce) in enumerate(pre)
        }
        for k, edge in enumerate(self.cell.edges):
            stride = plan.stride(edge.source)
            primitive = lookup([edge.primitive])[edge.primitive]
            y = Operation(primitive, stride, self.forms, name=f"op{k}")(states[edge.source], train)
            identity = edge.primitive == "skip_connect" and stride == 1
            if masks is not None and not identity:
                y = drop_path(y, keep, masks[k])
            states[edge.node] = states[edge.node] + y if edge.node in states else y
        return jnp.concatenate([states[node] for node in self.cell.concat if node in states])


def cell_width(cell: Cell) -> int:
    """Number of concatenated nodes that some edge enters: the cell's output has this times C channels."""
    return len([node for node in cell.concat if cell.inputs(node)])
