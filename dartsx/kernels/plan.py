"""Widths and strides of a stack of cells: the same for supernets, networks and cost counters."""

from __future__ import annotations

import dataclasses

from dartsx.networks.darts import reduction_layers


@dataclasses.dataclass(frozen=True)
class CellPlan:
    """Where one cell stands in the stack.

    Attributes:
      reduction: the cell halves height and width (its edges from nodes 0 and 1 have stride 2).
      reduction_prev: the cell before it did, so its input 0 is twice as large as input 1.
      prev_prev: channels of input 0 (output of the cell before the last one).
      prev: channels of input 1 (output of the last cell).
      channels: channels of every node inside the cell.
      partial: the edges' primitives see one in so many channels (`dartsx.kernels.channel_major.partial`).
    """

    reduction: bool
    reduction_prev: bool
    prev_prev: int
    prev: int
    channels: int
    partial: int = 1

    @property
    def edge_channels(self) -> int:
        """Channels that the primitives on the edges see."""
        return self.channels // self.partial

    @property
    def cell_type(self) -> str:
        """Key of the cell's mixture and genotype: ``"normal"`` or ``"reduce"``."""
        return "reduce" if self.reduction else "normal"

    def stride(self, source: int) -> int:
        """Stride of an edge: 2 from the inputs (nodes 0 and 1) of a reduction cell, else 1."""
        return 2 if self.reduction and source < 2 else 1


def check_partial(channels: int, partial: int) -> None:
    """Checks that one in so many of these channels can go through the primitives.

    Raises:
      ValueError: `partial` does not divide `channels`.
    """
    if partial < 1 or channels % partial:
        raise ValueError(f"partial channels must divide the {channels} channels, got {partial}")


def plan_cells(
    channels: int,
    layers: int,
    multiplier: dict[str, int],
    stem_channels: int,
    after_reduction: bool = False,
    partial: int = 1,
) -> tuple[CellPlan, ...]:
    """Lays out `layers` cells.

    Args:
      channels: width of the first cell's nodes; every reduction cell doubles it.
      layers: number of cells.
      multiplier: nodes concatenated by a ``"normal"`` and by a ``"reduce"`` cell.
      stem_channels: channels of both inputs of the first cell.
      after_reduction: the first cell's input 0 is twice as large as its input 1 (ImageNet stem).
      partial: one in so many channels goes through the edges' primitives.

    Raises:
      ValueError: `channels` or `layers` is not positive, or `partial` does not divide `channels`.
    """
    if channels < 1 or layers < 1:
        raise ValueError(f"channels and layers must be >= 1, got {channels=} and {layers=}")
    check_partial(channels, partial)
    plans = []
    prev_prev, prev, reduction_prev = stem_channels, stem_channels, after_reduction
    for layer in range(layers):
        reduction = layer in reduction_layers(layers)
        channels = channels * 2 if reduction else channels
        plan = CellPlan(reduction, reduction_prev, prev_prev, prev, channels, partial)
        plans.append(plan)
        prev_prev, prev = prev, multiplier[plan.cell_type] * channels
        reduction_prev = reduction
    return tuple(plans)


def output_channels(plans: tuple[CellPlan, ...], multiplier: dict[str, int]) -> int:
    """Channels that the last cell hands to the classifier."""
    return multiplier[plans[-1].cell_type] * plans[-1].channels
