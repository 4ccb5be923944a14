"""The operations on the edges of a derived cell on arrays [N, H, W, C], those that leave a node together.

Edges from one node with the same primitive are one block of `kernels.pixel_major`, of one source: the first units of
all its separable convolutions are one convolution, the later ones one with a group for each edge, their norms one norm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.primitives import Primitive
from dartsx.kernels.pixel_major import families, separable
from dartsx.kernels.pixel_major.affine_norms import AffineNorms
from dartsx.kernels.pixel_major.block import Block
from dartsx.kernels.running_statistics import Key, Stats
from dartsx.nn.layers import advance
from dartsx.nn.operations import NAME, Drop, OnEdge, Variables, variables_of


class Declared(nn.Module):
    """The variables of one operation, those of `operations.Operation`; what computes with them stands elsewhere."""

    primitive: Primitive
    stride: int

    @nn.compact
    def __call__(self, channels: int) -> Variables:
        """The variables for `channels` channels."""
        return variables_of(self, self.primitive, channels, self.stride)


def by_source(
    module: nn.Module, edges: Sequence[OnEdge], nodes: Mapping[int, jax.Array], train: bool, drop: Drop
) -> dict[int, jax.Array]:
    """As `operations.one_by_one`, on nodes [N, H, W, C]."""
    nodes = dict(nodes)
    channels = nodes[0].shape[-1]
    variables = {e.number: Declared(e.primitive, e.stride, name=f"op{e.number}")(channels) for e in edges}
    for alike in _leaving(edges):
        own, x = [variables[edge.number] for edge in alike], nodes[alike[0].source]
        for edge, y in zip(alike, _together(module, alike[0], own, x, train), strict=True):
            y = drop(edge, y)
            nodes[edge.node] = nodes[edge.node] + y if edge.node in nodes else y
    return nodes


def _leaving(edges: Sequence[OnEdge]) -> list[list[OnEdge]]:
    """The edges by source, in the order in which the sources are complete, and by primitive."""
    groups: dict[tuple[int, str], list[OnEdge]] = {}
    for edge in sorted(edges, key=lambda edge: edge.source):  # every edge leads to a later node
        groups.setdefault((edge.source, edge.name), []).append(edge)
    return list(groups.values())


def _together(module: nn.Module, edge: OnEdge, own: Sequence[Variables], x: jax.Array, train: bool) -> list[jax.Array]:
    """Outputs [N, H', W', C] of all edges like this one that leave x [N, H, W, C]."""
    if module.is_initializing():  # all variables are made: nothing need be traced
        return [jnp.zeros_like(x[:, :: edge.stride, :: edge.stride])] * len(own)
    members = {NAME: edge.primitive}
    weights = {NAME: _stacked([one.weights for one in own])} if own[0].weights else {}
    weights = separable.with_composed(members, weights)  # in the parameters' precision
    weights = jax.tree.map(lambda leaf: leaf.astype(x.dtype)[None], weights)
    norms = AffineNorms(None if train else _running(own), _stacked([one.affine for one in own]))
    block = Block(x[:, :, :, None], len(own), weights, edge.stride, norms, module.forms, jax.nn.relu)
    (branches,) = families.evaluate(members, block)
    y = branches.value
    if branches.norm == "always":
        y = norms(list(own[0].affine)[-1:], y, False)
    if train and norms.batch:
        for t, one in enumerate(own):
            batch = {key: {k: v[t : t + 1] for k, v in stats.items()} for key, stats in norms.batch.items()}
            advance(module, one.statistics, batch)
    return [y[:, :, :, 0, 0, t if y.shape[5] > 1 else 0] for t in range(len(own))]


def _running(own: Sequence[Variables]) -> dict[Key, Stats]:
    """The running statistics [T, C] of T operations, by norm."""
    values = [one.statistics.value[NAME] for one in own if one.statistics is not None]
    joined = jax.tree.map(lambda *rows: jnp.concatenate(rows), *values) if values else {}
    return {(NAME, norm): stats for norm, stats in joined.items()}


def _stacked(trees: Sequence) -> dict:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
