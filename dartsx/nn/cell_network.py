"""The networks in which a genotype is trained and compared: CIFAR (DARTS, section 3.2) and ImageNet (section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx import networks
from dartsx.catalog import NETWORK_REMAT, STEMS
from dartsx.kernels.choice import Forms, backend_of, network_remat
from dartsx.kernels.plan import CellPlan, plan_cells
from dartsx.networks.layers import Pool
from dartsx.networks.step import Step
from dartsx.nn.derived_cell import DerivedCell, cell_width
from dartsx.nn.layouts import CHANNEL_MAJOR, Parts, parts_of
from dartsx.nn.network_places import cell_network_places
from dartsx.nn.places import Places
from dartsx.nn.repeated_cells import RepeatedCells, name_of, runs
from dartsx.spaces import Genotype, Scale
from dartsx.spaces.cell_networks import genotype_network


class Logits(NamedTuple):
    """Class scores [N, classes] of the network, and in training of its auxiliary head (else None)."""

    main: jax.Array
    auxiliary: jax.Array | None


class AuxiliaryHead(nn.Module):
    """Second classifier at two thirds of the depth, for training only.

    ReLU, average pool 5x5, 1x1 to 128, 2x2 to 768, linear. On CIFAR the pool strides 3 and both convolutions are
    normalised; on ImageNet it strides 2 and, as in the original experiments, only the first is.
    """

    classes: int
    stem: str
    parts: Parts = CHANNEL_MAJOR

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """[C, N, H, W] with H, W >= 8 (cifar) or 7 (imagenet), or channels last -> logits [N, classes]."""
        stride, parts = (3 if self.stem == "cifar" else 2), self.parts
        x = parts.pool(jax.nn.relu(x), Pool("avg", (5, 5), (stride, stride)))
        x = parts.batch_norm(name="bn1")(parts.conv(128, 1, name="conv1")(x), train)
        x = parts.conv(768, 2, name="conv2")(jax.nn.relu(x))
        if self.stem == "cifar":
            x = parts.batch_norm(name="bn2")(x, train)
        return parts.classifier(self.classes, name="classifier")(jax.nn.relu(x))


class Stem(nn.Module):
    """First layers: one convolution at full size (cifar), or three that leave 1/8 and 1/4 of it (imagenet)."""

    kind: str
    channels: int
    parts: Parts = CHANNEL_MAJOR

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> tuple[jax.Array, jax.Array]:
        """[3, N, H, W], or channels last -> the two inputs of the first cell."""

        def conv_norm(x, features, stride, i):
            x = self.parts.conv(features, 3, stride, 1, name=f"conv{i}")(x)
            return self.parts.batch_norm(name=f"bn{i}")(x, train)

        if self.kind == "cifar":
            s = conv_norm(x, self.channels, 1, 0)
            return s, s
        s0 = conv_norm(x, self.channels // 2, 2, 0)
        s0 = conv_norm(jax.nn.relu(s0), self.channels, 2, 1)
        return s0, conv_norm(jax.nn.relu(s0), self.channels, 2, 2)


class CellNetwork(nn.Module):
    """A genotype's normal and reduction cell, stacked.

    Attributes:
      genotype: the cells.
      channels: width of the first cell's nodes.
      layers: number of cells; those at one and two thirds of the depth reduce.
      classes: number of classes.
      stem: ``"cifar"`` or ``"imagenet"``.
      auxiliary: train with an auxiliary head.
      dtype: dtype of the activations; parameters, statistics and logits stay float32 or wider.
      form: form of separable convolutions, or None to choose by backend and size.
      remat: what the backward pass computes again, ``"none"`` or every ``"cell"``, which leaves the cells' outputs and
        one cell in memory; None to choose by backend.
      backend: where the program will run, ``"cpu"``, ``"gpu"`` or ``"tpu"``; None stands for JAX's default backend.
      layout: layout of the arrays (`dartsx.catalog.LAYOUTS`), or None to choose; see `layouts.parts_of`.
    """

    genotype: Genotype
    channels: int = 36
    layers: int = 20
    classes: int = 10
    stem: str = "cifar"
    auxiliary: bool = False
    dtype: Any = jnp.float32
    form: str | None = None
    remat: str | None = None
    backend: str | None = None
    layout: str | None = None

    @property
    def description(self) -> networks.Network:
        """What it computes, layer by layer."""
        scale = Scale(self.channels, self.layers, self.classes, self.stem, auxiliary=self.auxiliary)
        return genotype_network(self.genotype, scale, {})

    def places(self, steps: Sequence[Step]) -> Places:
        """Where its variables hold the arrays of the description's steps."""
        return cell_network_places(self.genotype, self.plans(), steps)

    def stem_channels(self) -> int:
        """Channels of both inputs of the first cell."""
        return 3 * self.channels if self.stem == "cifar" else self.channels

    def multiplier(self) -> dict[str, int]:
        """Concatenated nodes of both cell types."""
        return {kind: cell_width(self.genotype.cell(kind)) for kind in ("normal", "reduce")}

    def plans(self) -> tuple[CellPlan, ...]:
        """Widths and strides of the cells."""
        return plan_cells(
            self.channels,
            self.layers,
            self.multiplier(),
            self.stem_channels(),
            after_reduction=self.stem == "imagenet",
        )

    @nn.compact
    def __call__(self, images: jax.Array, train: bool, drop_path: jax.Array | None = None, masks=None) -> Logits:
        """Computes logits.

        Args:
          images: [N, H, W, 3]; H and W divisible by 4 (cifar) or 32 (imagenet).
          train: normalise by the batch's statistics, and compute the auxiliary head.
          drop_path: probability in [0, 1) with which each operation's output is dropped per image, or None. Masks are
            drawn from the rng ``drop_path``.
          masks: per cell [edges, N] of 0 and 1 to use instead of drawn ones (tests).

        Raises:
          ValueError: unknown stem, `remat` or layout.
        """
        if self.stem not in STEMS:
            raise ValueError(f"unknown stem {self.stem!r}; allowed: {', '.join(STEMS)}")
        if self.remat not in (None, *NETWORK_REMAT):
            raise ValueError(f"unknown remat {self.remat!r}; allowed: {', '.join(NETWORK_REMAT)}")
        forms = Forms(self.backend, self.form)
        parts = parts_of(self.layout, forms, None)
        x = parts.arrange(images.astype(self.dtype))
        s0, s1 = Stem(self.stem, self.stem_channels(), parts, name="stem")(x, train)
        self.sow("intermediates", "stem_output", s1)
        keep = None if drop_path is None else 1.0 - drop_path
        auxiliary = None
        for run in runs(self.plans()):
            kept = None
            if train and drop_path is not None:
                kept = self._draw(run, keep, len(images)) if masks is None else jnp.stack([masks[i] for i in run])
            s0, s1 = self._cells(run, parts, s0, s1, train, kept, keep)
            if self.auxiliary and train and 2 * self.layers // 3 in run:
                auxiliary = AuxiliaryHead(self.classes, self.stem, parts, name="auxiliary")(s1, train)
        return Logits(parts.classifier(self.classes, name="classifier")(s1), auxiliary)

    def _cells(self, run, parts, s0, s1, train, masks, keep) -> tuple[jax.Array, jax.Array]:
        """The last two outputs after the cells of a run; masks [cells, edges, N]."""
        plan = self.plans()[run[0]]
        cell = (self.genotype.cell(plan.cell_type), plan, Forms(self.backend, self.form), parts)
        recompute = (self.remat or network_remat(backend_of(self.backend))) == "cell"
        if len(run) == 1:
            cell_class = nn.remat(DerivedCell, static_argnums=(3,)) if recompute else DerivedCell
            y = cell_class(*cell, name=name_of(run))(s0, s1, train, None if masks is None else masks[0], keep)
            s0, s1, outputs = s1, y, y[None]
        else:
            repeated = RepeatedCells(DerivedCell(*cell, parent=None), len(run), recompute, name=name_of(run))
            s0, s1, outputs = repeated(s0, s1, train, masks, keep)
        if outputs is not None:
            for i in run:
                self.sow("intermediates", f"cell{i}_output", outputs[i - run[0]])
        return s0, s1

    def _draw(self, run, keep, batch) -> jax.Array:
        edges = len(self.genotype.cell(self.plans()[run[0]].cell_type).edges)
        return jax.random.bernoulli(self.make_rng("drop_path"), keep, (len(run), edges, batch))
