"""The least cost of any network of a space: what no target of a search can lie below."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dartsx.catalog import COST_KINDS, LATENCY
from dartsx.cost.expected import expected_cost
from dartsx.cost.latency_table import Table, expected_latency_of
from dartsx.cost.open import expected_cost_of
from dartsx.cost.stack import Stack


def least_cost(
    supernet: Any, image_shape: int | Sequence[int], kind: str = "macs", table: Table | None = None
) -> float:
    """The cost of the cheapest network of a supernet's space, or a lower bound of it.

    Exact for described spaces (dynamic programming, see `additive`) and for cells and topologies that may hold any
    primitive on any edge; a bound for those that may not. Of memory, which is no sum, the bound is 0.

    Args:
      supernet: as for `dartsx.cost.expected_cost`, whose errors are raised here too.
      image_shape: as there.
      kind: as there.
      table: as there.
    """
    if kind == "memory":
        return 0.0
    return _BY_EXECUTOR[supernet.space.executor](supernet, image_shape, kind, table)


def _described(supernet: Any, image_shape: int | Sequence[int], kind: str, table: Table | None) -> float:
    network = supernet.description
    latency = kind == LATENCY
    cost = expected_latency_of(network, table, image_shape) if latency else expected_cost_of(network, image_shape, kind)
    return cost.least(supernet.space.decisions)


def _cells(supernet: Any, image_shape: int | Sequence[int], kind: str, table: Table | None) -> float:
    """Every node keeps its cheapest edges, each with its cheapest operation."""
    space, kept = supernet.space, supernet.space.graph.kept

    def cell(costs: np.ndarray) -> float:
        cheapest = costs[:, [name != "none" for name in space.primitives]].min(1)
        targets = np.array([node for _, node in space.edges])
        return sum(np.sort(cheapest[targets == node])[:kept].sum() for node in space.concat)

    return _sum(supernet, image_shape, kind, cell)


def _topology(supernet: Any, image_shape: int | Sequence[int], kind: str, table: Table | None) -> float:
    """Every edge holds its cheapest primitive."""
    return _sum(supernet, image_shape, kind, lambda costs: costs.min(1).sum())


def _sum(supernet: Any, image_shape: int | Sequence[int], kind: str, cell: Callable[[np.ndarray], float]) -> float:
    sizes = {name: getattr(supernet, name) for name in ("channels", "layers", "classes")}
    stack = Stack(supernet.space, dataclasses.replace(supernet.space.scale, **sizes), image_shape)
    terms = stack.terms(COST_KINDS.index(kind))
    wide = sum(terms.nodes.values()) * len(supernet.space.concat)
    return float(terms.fixed + wide + sum(cell(costs) for costs in terms.operations.values()))


def _recurrent(supernet: Any, image_shape: int | Sequence[int], kind: str, table: Table | None) -> float:
    return float(expected_cost(supernet, image_shape, kind)({}))


_BY_EXECUTOR: Mapping[str, Callable[..., float]] = {
    "cells": _cells,
    "topology": _topology,
    "described": _described,
    "recurrent": _recurrent,
}
