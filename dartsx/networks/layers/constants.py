"""Layers whose result does not depend on the values that they read."""

from __future__ import annotations

import dataclasses

from dartsx.networks.layers.layer import FreeLayer, Shape


@dataclasses.dataclass(frozen=True)
class _InPlaceOfMap(FreeLayer):
    """What stands in place of a map, of every stride-th pixel."""

    stride: int = 1

    def output(self, x: Shape) -> Shape:
        """(ceil(height / stride), ceil(width / stride), channels)."""
        return (-(-x[0] // self.stride), -(-x[1] // self.stride), x[2])


@dataclasses.dataclass(frozen=True)
class Zero(_InPlaceOfMap):
    """Nothing: zeros."""


@dataclasses.dataclass(frozen=True)
class Noise(_InPlaceOfMap):
    """Standard normal numbers (RobustDARTS, arXiv:1909.09656, section 3, space S4)."""
