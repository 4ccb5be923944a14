"""Which module trains an architecture: the one place that knows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from dartsx.catalog import DESCRIBED, RECURRENT, STAGED
from dartsx.nn.cell_network import CellNetwork
from dartsx.nn.described import DescribedNetwork
from dartsx.nn.recurrent import RecurrentNetwork, recurrent_options
from dartsx.nn.topology_networks import TopologyNetwork
from dartsx.spaces import Architecture, Space, own_primitives
from dartsx.spaces.recurrent_space import recurrence

AnyNetwork = CellNetwork | TopologyNetwork | DescribedNetwork | RecurrentNetwork


def network_of(
    name: str,
    architecture: Architecture,
    space: Space | None = None,
    *,
    channels: int,
    layers: int,
    classes: int,
    auxiliary: bool = False,
    remat: str | None = None,
    **options: Any,
) -> AnyNetwork:
    """The module of an architecture's network.

    Args:
      name: one of `dartsx.catalog.NETWORKS` that `dartsx.catalog.EXECUTORS` allows for such an architecture.
      architecture: cells, topology or choices.
      space: the space of choices, and of cells with primitives of a user's own: it alone can write their networks.
      channels, layers, classes: size of the network, see `dartsx.spaces.Scale`.
      auxiliary, remat: see `CellNetwork`; other networks have neither.
      **options: dtype, form, backend; of recurrent networks context, dropout and temporal_activation, see
        `RecurrentNetwork`.
    """
    size = {"channels": channels, "layers": layers, "classes": classes}
    only_cells = {"auxiliary": auxiliary, "remat": remat}
    return _NETWORKS.get(name, _cells)(name, architecture, space, size, only_cells, options)


Parts = dict[str, Any]


def _cells(name: str, cells: Architecture, space: Space | None, size: Parts, only_cells: Parts, options: Parts):
    if own_primitives(cells):
        scale = {**size, "stem": name, "auxiliary": only_cells["auxiliary"]}
        return DescribedNetwork(space.network(cells, dataclasses.replace(space.scale, **scale)), **options)
    return CellNetwork(cells, stem=name, **size, **only_cells, **options)


def _topology(name: str, topology: Architecture, space: Space | None, size: Parts, only_cells: Parts, options: Parts):
    if own_primitives(topology):
        return _described(name, topology, space, size, only_cells, options)
    return TopologyNetwork(topology, **size, **options)


def _described(name: str, choices: Architecture, space: Space, size: Parts, only_cells: Parts, options: Parts):
    return DescribedNetwork(space.network(choices, dataclasses.replace(space.scale, **size)), **options)


def _recurrent(name: str, cell: Architecture, space: Space | None, size: Parts, only_cells: Parts, options: Parts):
    return RecurrentNetwork(recurrence(cell), size["channels"], size["classes"], **recurrent_options(options))


_NETWORKS: Mapping[str, Callable[..., AnyNetwork]] = {
    STAGED: _topology,
    DESCRIBED: _described,
    RECURRENT: _recurrent,
}
