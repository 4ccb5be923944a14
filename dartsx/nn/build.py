"""Which supernet belongs to a space."""

from __future__ import annotations

from typing import Any

from dartsx.nn.supernet import Supernet
from dartsx.nn.topology_networks import TopologySupernet
from dartsx.spaces import Space, TopologySpace


def supernet_of(space: Space, *, stem_multiplier: int = 3, **options: Any) -> Supernet | TopologySupernet:
    """The supernet that holds all candidates of a space.

    Args:
      space: a space of cells or of topologies.
      stem_multiplier: width of the stem of a `Supernet` over its channels; a `TopologySupernet` has none.
      **options: channels, layers, classes, dtype, form, remat, activation, primitives, as of both.
    """
    if isinstance(space, TopologySpace):
        return TopologySupernet(space, **options)
    return Supernet(space, stem_multiplier=stem_multiplier, **options)
