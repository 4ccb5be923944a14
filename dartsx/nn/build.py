"""Which supernet belongs to a space."""

from __future__ import annotations

from typing import Any

from dartsx.nn.staged import StagedSupernet
from dartsx.nn.supernet import Supernet
from dartsx.spaces import Space, TopologySpace


def supernet_of(space: Space, *, stem_multiplier: int = 3, **options: Any) -> Supernet | StagedSupernet:
    """The supernet that holds all candidates of a space.

    Args:
      space: of cells or of topologies.
      stem_multiplier: of `Supernet`; a `StagedSupernet` has none.
      **options: channels, layers, classes, dtype, form, remat, activation, primitives, as of both.
    """
    if isinstance(space, TopologySpace):
        return StagedSupernet(space, **options)
    return Supernet(space, stem_multiplier=stem_multiplier, **options)
