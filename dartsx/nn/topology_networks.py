"""The networks of NAS-Bench-201 (arXiv:2001.00326, section 2): three stages of equal cells, residual blocks between.

Stem (3x3 convolution, batch norm), stages of `layers` cells with C, 2C and 4C channels, between them a residual block
of stride 2, then batch norm, ReLU, average and linear layer. `TopologySupernet` holds all candidates on all edges,
`TopologyNetwork` one topology; layers outside the cells have affine batch norms in both, as in the authors' code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx import networks
from dartsx.kernels.channel_major.primitives import TOPOLOGY_PRIMITIVES, Primitive, lookup, with_blocks
from dartsx.kernels.choice import Forms
from dartsx.kernels.plan import CellPlan, check_partial
from dartsx.networks.step import Step
from dartsx.nn.cell_mixtures import cell_mixtures
from dartsx.nn.cell_network import Logits
from dartsx.nn.derived_cell import drop_path
from dartsx.nn.layouts import CHANNEL_MAJOR, Parts, parts_of
from dartsx.nn.network_places import topology_network_places
from dartsx.nn.operations import OnEdge
from dartsx.nn.places import Places
from dartsx.nn.search_cell import checked_remat
from dartsx.spaces import NONE, SKIP, Scale, Topology, TopologySpace
from dartsx.spaces.cell_networks import topology_network
from dartsx.spaces.topology_space import CELL

STAGES = 3


class ResidualReduction(nn.Module):
    """Halves a map and doubles its channels: two units of ReLU, 3x3 convolution, batch norm, beside a shortcut.

    The shortcut is a 2x2 average and a 1x1 convolution, without batch norm.
    """

    features: int
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    parts: Parts = CHANNEL_MAJOR

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """[C, N, H, W] with even H and W -> [features, N, H / 2, W / 2]; or with the channels last."""
        averaged, y = self.parts.halve(x), x
        for i, stride in enumerate((2, 1)):
            y = self.parts.conv(self.features, 3, stride, 1, name=f"conv{i}")(self.activation(y))
            y = self.parts.batch_norm(name=f"bn{i}")(y, train)
        return self.parts.conv(self.features, 1, name="shortcut")(averaged) + y


def run_stages(module: nn.Module, images: jax.Array, train: bool, cell: Callable, parts: Parts) -> jax.Array:
    """All but the cells: images [N, H, W, channels] -> logits [N, classes], inside a compact method of `module`.

    Args:
      module: has channels, layers, classes, dtype and activation.
      images: height and width divisible by 4.
      train: normalise by the batch's statistics.
      cell: (input in the layout, channels, number of the cell) -> output of the same shape.
      parts: the layers in their layout.
    """
    x = parts.arrange(images.astype(module.dtype))
    x = parts.batch_norm(name="stem_bn")(parts.conv(module.channels, 3, padding=1, name="stem_conv")(x), train)
    for stage in range(STAGES):
        channels = module.channels * 2**stage
        if stage:
            x = ResidualReduction(channels, module.activation, parts, name=f"reduction{stage}")(x, train)
        for i in range(module.layers):
            x = cell(x, channels, stage * module.layers + i)
    x = module.activation(parts.batch_norm(name="last_bn")(x, train))
    return parts.classifier(module.classes, name="classifier")(x)


class TopologySupernet(nn.Module):
    """The supernet of a space of topologies; cells normalise without scale and bias, pools not at all.

    Attributes:
      space: edges and primitives of the cell.
      channels: width of the first stage (16 in NAS-Bench-201).
      layers: cells in each of the three stages (5 in NAS-Bench-201).
      classes: number of classes.
      dtype: dtype of the activations; parameters, statistics and logits stay float32 or wider.
      form: form of separable convolutions, or None to choose by backend and size.
      remat: what the backward pass computes again, see `search_cell`, or None to choose by backend.
      activation: ReLU; a smooth stand-in serves tests of derivatives.
      primitives: what each name of the space computes; TOPOLOGY_PRIMITIVES if None.
      partial, lazy, backend, layout: as in `supernet.Supernet`.
    """

    space: TopologySpace
    channels: int = 16
    layers: int = 5
    classes: int = 10
    dtype: Any = jnp.float32
    form: str | None = None
    remat: str | None = None
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    primitives: Mapping[str, Primitive] | None = None
    partial: int = 1
    lazy: bool = False
    backend: str | None = None
    layout: str | None = None

    def plans(self) -> tuple[CellPlan, ...]:
        """Widths of the cells, which keep their inputs' sizes.

        Raises:
          ValueError: `partial` does not divide `channels`.
        """
        check_partial(self.channels, self.partial)
        widths = [self.channels * 2**stage for stage in range(STAGES) for _ in range(self.layers)]
        return tuple(CellPlan(False, False, width, width, width, self.partial) for width in widths)

    @property
    def description(self) -> networks.Network:
        """Its layers, of all candidates on all edges; see `TopologySpace.supernet_layers`."""
        return self.space.supernet_layers(Scale(self.channels, self.layers, self.classes), self.partial)

    @property
    def cells(self) -> dict[str, int]:
        """Number of cells, all of one type."""
        return {CELL: STAGES * self.layers}

    @nn.compact
    def __call__(self, images: jax.Array, mixture: Mapping[str, jax.Array], train: bool) -> jax.Array:
        """Computes logits.

        Args:
          images: [N, H, W, 3] (any channel count), H and W divisible by 4.
          mixture: arrays with the shapes of the space's ``alpha_shapes``.
          train: normalise by the batch's statistics, otherwise by the running ones.

        Returns:
          Logits [N, classes]. With ``mutable=["batch_stats"]`` the running statistics move (train only).

        Raises:
          ValueError: the images cannot be halved twice, or `remat` or `form` is unknown.
        """
        forms = Forms(self.backend, self.form)
        parts = parts_of(self.layout, forms, self.remat)
        remat = checked_remat(self.remat, self.partial, self.backend, parts.layout)
        table = with_blocks(self.primitives or TOPOLOGY_PRIMITIVES, self.space.graph.blocks)
        chosen = tuple(lookup(self.space.primitives, table).items())
        plans = self.plans()
        mixtures = cell_mixtures(self.space.expand(mixture), [CELL] * len(plans), self.partial)
        cell_class = nn.remat(parts.cell, static_argnums=(4,)) if remat == "cell" else parts.cell

        def cell(x, channels, i):
            given = (self.space.edges, self.space.concat, chosen, plans[i], forms, remat, self.activation, self.lazy)
            return cell_class(*given, name=f"cell{i}")(x, None, mixtures[i], train)

        return run_stages(self, images, train, cell, parts)


class TopologyCell(nn.Module):
    """One topology: every edge that is not 'none' with its own affine batch norm; a node without input is zero."""

    topology: Topology
    primitives: tuple[tuple[str, Primitive], ...]
    forms: Forms = Forms()
    parts: Parts = CHANNEL_MAJOR

    @nn.compact
    def __call__(self, x: jax.Array, train: bool, masks: jax.Array | None, keep: jax.Array | None) -> jax.Array:
        """[C, N, H, W], or channels last -> the same; drop path as in `DerivedCell`, masks [edges, N]."""
        table = dict(self.primitives)
        edges = [
            OnEdge(k, edge.primitive, table[edge.primitive], edge.source, edge.node, 1)
            for k, edge in enumerate(self.topology.edges)
            if edge.primitive != NONE
        ]
        entered = {edge.node for edge in edges}
        nodes = {n: jnp.zeros_like(x) for n in range(1, self.topology.output + 1) if n not in entered}

        def drop(edge: OnEdge, y: jax.Array) -> jax.Array:
            whole = masks is None or edge.name == SKIP
            return y if whole else drop_path(y, keep, self.parts.of_images(masks[edge.number]))

        return self.parts.operations(self, edges, {0: x, **nodes}, train, drop)[self.topology.output]


class TopologyNetwork(nn.Module):
    """The network in which NAS-Bench-201 trains a topology; attributes as in `TopologySupernet`."""

    topology: Topology
    channels: int = 16
    layers: int = 5
    classes: int = 10
    dtype: Any = jnp.float32
    form: str | None = None
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    primitives: Mapping[str, Primitive] | None = None
    backend: str | None = None
    layout: str | None = None

    @property
    def description(self) -> networks.Network:
        """What it computes, layer by layer."""
        return topology_network(self.topology, Scale(self.channels, self.layers, self.classes), {})

    def places(self, steps: Sequence[Step]) -> Places:
        """Where its variables hold the arrays of the description's steps."""
        return topology_network_places(self.topology, self.primitives or TOPOLOGY_PRIMITIVES, steps)

    @nn.compact
    def __call__(self, images: jax.Array, train: bool, drop_path: jax.Array | None = None) -> Logits:
        """Computes logits.

        Args:
          images: [N, H, W, 3] (any channel count), H and W divisible by 4.
          train: normalise by the batch's statistics.
          drop_path: probability with which each operation's output is dropped per image (rng ``drop_path``), or None.
        """
        names = dict.fromkeys(edge.primitive for edge in self.topology.edges)
        chosen = tuple(lookup(names, self.primitives or TOPOLOGY_PRIMITIVES).items())
        keep = None if drop_path is None or not train else 1.0 - drop_path
        forms = Forms(self.backend, self.form)
        parts = parts_of(self.layout, forms, None)

        def cell(x, channels, i):
            masks = None
            if keep is not None:
                shape = (len(self.topology.edges), len(images))
                masks = jax.random.bernoulli(self.make_rng("drop_path"), keep, shape)
            return TopologyCell(self.topology, chosen, forms, parts, name=f"cell{i}")(x, train, masks, keep)

        return Logits(run_stages(self, images, train, cell, parts), None)
