"""The supernet: a stack of cells that holds every candidate operation.

One pure function of (variables, images, mixture). The mixture (weights of the candidates) is an argument: alphas are
never parameters of the network, and search methods differ only in how they make the mixture.
DARTS: Liu, Simonyan, Yang, arXiv:1806.09055.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx import networks
from dartsx.kernels.channel_major.primitives import PRIMITIVES, Primitive, lookup, with_blocks
from dartsx.kernels.choice import Forms
from dartsx.kernels.plan import CellPlan, plan_cells
from dartsx.nn.cell_mixtures import cell_mixtures, count_cells
from dartsx.nn.layouts import parts_of
from dartsx.nn.search_cell import checked_remat
from dartsx.spaces import CellSpace, RestrictedSpace, Scale


class Supernet(nn.Module):
    """Stem, `layers` cells of mixed operations, classifier.

    Attributes:
      space: edges, primitives and concatenation of the cells.
      channels: width of the first cell's nodes (16 in DARTS).
      layers: number of cells; those at one and two thirds of the depth reduce.
      classes: number of classes.
      stem_multiplier: width of the stem over `channels`.
      dtype: dtype of the activations; parameters, statistics and logits stay float32 or wider.
      form: form of separable convolutions (`separable_forms.FORMS`), or None to choose by backend and size.
      remat: what the backward pass computes again, see `search_cell`, or None to choose by backend.
      activation: ReLU; a smooth stand-in serves tests of derivatives.
      primitives: what each name of the space computes.
      partial: one in so many channels goes through the primitives, the others pass by (PC-DARTS); see `partial`.
      lazy: no gradient need flow through weights of the mixture that are exactly 0. The running statistics of such
        candidates then stay as they are, in channel-major layout with remat ``"branch"`` and in pixel-major layout; the
        former does not compute them either.
      backend: where the program will run, ``"cpu"``, ``"gpu"`` or ``"tpu"``; None stands for JAX's default backend.
      layout: layout of the arrays (`dartsx.catalog.LAYOUTS`), or None to choose; see `layouts.parts_of`.
    """

    space: CellSpace | RestrictedSpace
    channels: int = 16
    layers: int = 8
    classes: int = 10
    stem_multiplier: int = 3
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
        """Widths and strides of the cells."""
        nodes = len(self.space.concat)
        multiplier = {"normal": nodes, "reduce": nodes}
        width = self.stem_multiplier * self.channels
        return plan_cells(self.channels, self.layers, multiplier, width, partial=self.partial)

    @property
    def description(self) -> networks.Network:
        """Its layers, of all candidates on all edges; see `CellSpace.supernet_layers`."""
        scale = Scale(self.channels, self.layers, self.classes, stem_multiplier=self.stem_multiplier)
        return self.space.supernet_layers(scale, self.partial)

    @property
    def cells(self) -> dict[str, int]:
        """Number of cells of each type."""
        return count_cells([plan.cell_type for plan in self.plans()])

    @nn.compact
    def __call__(self, images: jax.Array, mixture: Mapping[str, jax.Array], train: bool) -> jax.Array:
        """Computes logits.

        Args:
          images: [N, H, W, 3] (any channel count), H and W divisible by 4.
          mixture: per cell type of the space's ``alpha_shapes``, rows in its order of edges; or for each of its cells,
            [cells, edges, primitives]. With partial channels what passes by an edge has weight 1, or those under
            ``<cell type>/edges`` [edges].
          train: normalise by the batch's statistics, otherwise by the running ones.

        Returns:
          Logits [N, classes]. With ``mutable=["batch_stats"]`` the running statistics move (train only).

        Raises:
          ValueError: the images are too small for two reductions, or `remat` or `form` is unknown, or they do not go
            with partial channels.
        """
        forms = Forms(self.backend, self.form)
        parts = parts_of(self.layout, forms, self.remat)
        remat = checked_remat(self.remat, self.partial, self.backend, parts.layout)
        x = parts.arrange(images.astype(self.dtype))
        stem = parts.conv(self.stem_multiplier * self.channels, 3, padding=1, name="stem_conv")(x)
        s0 = s1 = parts.batch_norm(name="stem_bn")(stem, train)
        self.sow("intermediates", "stem_output", s1)
        chosen = lookup(self.space.primitives, with_blocks(self.primitives or PRIMITIVES, self.space.graph.blocks))
        mixture = self.space.expand(mixture)
        cell_class = nn.remat(parts.cell, static_argnums=(4,)) if remat == "cell" else parts.cell
        mixtures = cell_mixtures(mixture, [plan.cell_type for plan in self.plans()], self.partial)
        for i, plan in enumerate(self.plans()):
            cell = cell_class(
                self.space.edges,
                self.space.concat,
                tuple(chosen.items()),
                plan,
                forms,
                remat,
                self.activation,
                self.lazy,
                name=f"cell{i}",
            )
            s0, s1 = s1, cell(s0, s1, mixtures[i], train)
            self.sow("intermediates", f"cell{i}_output", s1)
        return parts.classifier(self.classes, name="classifier")(s1)
