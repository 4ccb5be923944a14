"""Which module computes the supernet of a space: the one place that knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dartsx.catalog import EXECUTORS
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.nn.recurrent import RecurrentSupernet, recurrent_options
from dartsx.nn.supernet import Supernet
from dartsx.nn.topology_networks import TopologySupernet
from dartsx.spaces import Space

AnySupernet = Supernet | TopologySupernet | OpenSupernet | RecurrentSupernet


def supernet_of(space: Space, *, sharing: str = "none", layout: str | None = None, **options: Any) -> AnySupernet:
    """The supernet that holds all options of a space, by the name of its executor.

    Args:
      space: a space, which says by `executor` what computes its supernet.
      sharing: which weights options share, see `OpenSupernet`; those of cells share none.
      layout: layout of the arrays of cells, see `Supernet`; described networks have one alone, pixel-major.
      **options: channels, layers, classes, stem_multiplier, dtype, form, backend, remat, activation; primitives for
        spaces of cells. What a space's supernet does not have, such as the stem multiplier of a topology's, is ignored.

    Raises:
      ValueError: weights are to be shared, and the space is none of described networks.
    """
    if space.executor == "described":
        return OpenSupernet(space, sharing=sharing, **options)
    if sharing != "none":
        raise ValueError(f"the options of {EXECUTORS[space.executor][0]} have weights of their own")
    return _SUPERNETS[space.executor](space, layout=layout, **options)


def _topology(space: Space, *, stem_multiplier: int = 1, **options: Any) -> TopologySupernet:
    return TopologySupernet(space, **options)


def _recurrent(space: Space, *, channels: int, classes: int, **options: Any) -> RecurrentSupernet:
    return RecurrentSupernet(space, channels, classes, **recurrent_options(options))


_SUPERNETS: Mapping[str, Callable[..., AnySupernet]] = {
    "cells": Supernet,
    "topology": _topology,
    "recurrent": _recurrent,
}
