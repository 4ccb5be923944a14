"""Counts of one layer, and of a stack of them; all for the forward pass of one image.

params: all trainable numbers.
macs: multiply-adds of convolutions and linear layers; taps that read padding count as well, as in the usual counters
  that hook into layers. Batch norms, activations, pools and sums count as none.
activations: numbers in the outputs of convolutions and linear layers (RegNet, arXiv:2003.13678, section 3.1). A
  convolution that two half-width ones make up (factorized reduction) counts their joint output.
memory: numbers in all tensors alive while the layer computes, see `dartsx.cost.graph`; times the bytes of a number.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple


class LayerCost(NamedTuple):
    """Counts of one layer, defined in the module's docstring.

    Attributes:
      name: parts separated by ``/``.
      shape: shape of its output: (height, width, channels), or (features,).
    """

    name: str
    shape: tuple[int, ...]
    params: int
    macs: int
    activations: int
    memory: int


@dataclasses.dataclass(frozen=True)
class Cost:
    """Costs of a network: one row per layer or operation, in order of computation."""

    rows: tuple[LayerCost, ...]

    @property
    def params(self) -> int:
        """Trainable parameters of all rows."""
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-adds of all rows, for one image."""
        return sum(row.macs for row in self.rows)

    @property
    def activations(self) -> int:
        """Numbers that convolutions and linear layers put out, for one image."""
        return sum(row.activations for row in self.rows)

    @property
    def memory(self) -> int:
        """Peak activation memory: numbers alive at the worst moment, for one image; times 4 for bytes in float32."""
        return max((row.memory for row in self.rows), default=0)

    def groups(self) -> tuple[LayerCost, ...]:
        """Totals of the rows whose names begin alike: stem, every cell or stage, classifier."""
        grouped: dict[str, list[LayerCost]] = {}
        for row in self.rows:
            grouped.setdefault(row.name.split("/")[0], []).append(row)
        costs = {name: Cost(tuple(rows)) for name, rows in grouped.items()}
        return tuple(
            LayerCost(name, cost.rows[-1].shape, cost.params, cost.macs, cost.activations, cost.memory)
            for name, cost in costs.items()
        )
