"""The operations on the edges of a derived cell, one after the other, on channel-major arrays [C, N, H, W].

Each edge has its own module ``op0``, ``op1``, ... with its weights, affine batch norms and running statistics;
`pixel_operations` computes the same from the same variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels import initial_weights
from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.primitives import Block, Primitive, norm_widths
from dartsx.kernels.choice import Forms
from dartsx.kernels.running_statistics import Key
from dartsx.nn.layers import advance, keep_running

NAME = "op"  # of an edge's primitive in the statistics


class OnEdge(NamedTuple):
    """What stands on an edge of a cell.

    Attributes:
      number: place of the edge in its cell; its module is ``op<number>``.
      name: its primitive's name.
      primitive: what it computes.
      source, node: the edge.
      stride: 1 or 2.
    """

    number: int
    name: str
    primitive: Primitive
    source: int
    node: int
    stride: int


Drop = Callable[[OnEdge, jax.Array], jax.Array]


class Variables(NamedTuple):
    """The variables of one operation.

    Attributes:
      weights: arrays by name, in the parameters' precision.
      affine: scale and bias [C] of every norm.
      statistics: the running statistics, or None where there is no norm.
    """

    weights: dict[str, jax.Array]
    affine: dict[Key, tuple[jax.Array, jax.Array]]
    statistics: nn.Variable | None


def variables_of(module: nn.Module, primitive: Primitive, channels: int, stride: int) -> Variables:
    """Declares the variables of an operation, inside a compact method of its module."""
    spec = primitive.weights(channels, stride)
    weights = module.param("weights", initial_weights.stacked, spec) if spec else {}
    # Pools, the only ones that share results, have no batch norm in a network.
    widths = {} if primitive.per_source else norm_widths(primitive, channels, stride)
    affine = {}
    for norm, width in widths.items():
        scale = module.param(f"{norm}_scale", nn.initializers.ones, (width,))
        affine[NAME, norm] = scale, module.param(f"{norm}_bias", nn.initializers.zeros, (width,))
    shapes = {(NAME, norm): (1, width) for norm, width in widths.items()}
    return Variables(weights, affine, keep_running(module, shapes) if shapes else None)


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
        own = variables_of(self, self.primitive, x.shape[0], self.stride)
        if self.is_initializing():  # all variables are made: nothing need be traced
            return jnp.zeros((*x.shape[:2], *((length - 1) // self.stride + 1 for length in x.shape[2:])), x.dtype)
        norms = Norms(None if train or own.statistics is None else own.statistics.value, own.affine)
        weights = {NAME: {key: value.astype(x.dtype)[None, None] for key, value in own.weights.items()}}
        block = Block(x[None], 1, weights, self.stride, norms, self.forms)
        (branch,) = self.primitive.evaluate({NAME: self.primitive}, block)
        y = branch.value
        if branch.norm == "always":
            y = norms(list(own.affine)[-1:], y)
        if train and own.statistics is not None:
            advance(self, own.statistics, norms.batch)
        return y[0, 0, 0]


def one_by_one(
    module: nn.Module, edges: Sequence[OnEdge], nodes: Mapping[int, jax.Array], train: bool, drop: Drop
) -> dict[int, jax.Array]:
    """Evaluates the edges of a cell.

    Args:
      module: the cell, inside whose compact method this is called; has forms.
      edges: sorted by node.
      nodes: those that no edge enters, [C, N, H, W] each.
      train: normalise by the batch's statistics.
      drop: (edge, its output) -> what remains of the output (drop path).

    Returns:
      All nodes.
    """
    nodes = dict(nodes)
    for edge in edges:
        operation = Operation(edge.primitive, edge.stride, module.forms, name=f"op{edge.number}")
        y = drop(edge, operation(nodes[edge.source], train))
        nodes[edge.node] = nodes[edge.node] + y if edge.node in nodes else y
    return nodes
