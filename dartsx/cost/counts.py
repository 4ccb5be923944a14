"""Counts of one layer, and of a stack of them.

Parameters are all trainable numbers. MACs are the multiply-adds of convolutions and linear layers
for one image; taps that read padding count as well, as in the usual counters that hook into layers.
Batch norms, activations, pools and sums count as none.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple


class LayerCost(NamedTuple):
    """Name (parts separated by ``/``), parameters and multiply-adds of a layer."""

    name: str
    params: int
    macs: int


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

    def groups(self) -> tuple[LayerCost, ...]:
        """Sums over the rows whose names begin alike: stem, every cell, classifier."""
        names = dict.fromkeys(row.name.split("/")[0] for row in self.rows)
        grouped = {name: [r for r in self.rows if r.name.split("/")[0] == name] for name in names}
        return tuple(
            LayerCost(name, sum(row.params for row in rows), sum(row.macs for row in rows))
            for name, rows in grouped.items()
        )
