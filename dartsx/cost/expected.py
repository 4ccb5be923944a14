"""Expected cost of the network that a supernet's mixture stands for, differentiable in the mixture.

Read a row m of the mixture as chances: its edge holds primitive p with chance m_p, and nothing with chance m_none and
with what the row lacks to 1; edges are independent. The cost of an operation enters with its chance, as in the expected
latency of ProxylessNAS (arXiv:1812.00332) and FBNet (arXiv:1812.03443):

  E = stem + sum over cells (preprocessing + sum over edges and primitives m[e, p] cost[e, p]) + classifier

A cell is as wide as it has concatenated nodes that some operation enters, so preprocessing and classifier are charged
for the expected width. At a one-hot mixture E is `network_cost` of the network that it stands for, exactly: the
network's batch norms have scale and bias, which the supernet's have not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dartsx.catalog import COST_KINDS, LATENCY
from dartsx.cost.expected_memory import expected_memory
from dartsx.cost.latency_table import Table, expected_latency_of
from dartsx.cost.network import network_cost
from dartsx.cost.open import expected_cost_of
from dartsx.cost.stack import Stack
from dartsx.networks.open.size import Weight
from dartsx.spaces import Scale

Mixture = Mapping[str, Any]
"""Per cell type [edges, primitives]: JAX or NumPy arrays."""


def expected_cost(
    supernet: Any, image_shape: int | Sequence[int], kind: str = "macs", table: Table | None = None
) -> Callable[[Mixture], Any]:
    """The expected cost as a function of the mixture.

    Args:
      supernet: space, channels, layers and classes of the network that is counted: for the larger network that will be
        trained, say ``expected_cost(supernet.clone(channels=36, layers=20), 32)``. What is expected of a described
        space's layers says `dartsx.cost.open`.
      image_shape: (height, width, channels), or one number for square images of 3 channels.
      kind: ``"params"``, ``"macs"``, ``"activations"`` or ``"memory"``, as `dartsx.cost.counts` defines them; what is
        expected of memory, a maximum, says `dartsx.cost.expected_memory`. Of topologies all but memory. Of
        described spaces all but memory, and ``"latency"`` in milliseconds. All recurrent cells cost the same.
      table: times of the device, for latency.

    Returns:
      mixture -> scalar. JAX arrays give a differentiable scalar of their dtype (float32 rounds at 1e-7), NumPy arrays
      in float64 the exact number.

    Raises:
      ValueError: unknown kind, height or width that the supernet's reductions do not divide, or a latency without
        table, of cells, or of a block that the table lacks.
    """
    if kind == LATENCY:
        return _latency(supernet, image_shape, table)
    return _BY_EXECUTOR[supernet.space.executor](supernet, image_shape, kind)


def _latency(supernet: Any, image_shape: int | Sequence[int], table: Table | None) -> Callable[[Mixture], Any]:
    if table is None:
        raise ValueError("latency needs a table of the device's times")
    if supernet.space.executor != "described":
        raise ValueError("tables of latencies hold blocks of described networks; searches of cells take kind=macs")
    return _by_entries(supernet, expected_latency_of(supernet.description, table, image_shape))


def _of_choices(supernet: Any, image_shape: int | Sequence[int], kind: str) -> Callable[[Mixture], Any]:
    return _by_entries(supernet, expected_cost_of(supernet.description, image_shape, kind))


def _by_entries(supernet: Any, cost: Callable[[Weight], Any]) -> Callable[[Mixture], Any]:
    """A function of a mixture's entries by decision and option as one of the mixture."""
    (group,) = supernet.space.alpha_shapes
    at = supernet.space.entries
    return lambda mixture: cost(lambda name, option: mixture[group][at[name, option]])


def _of_cells(supernet: Any, image_shape: int | Sequence[int], kind: str) -> Callable[[Mixture], Any]:
    space, sizes = supernet.space, {name: getattr(supernet, name) for name in ("channels", "layers", "classes")}
    stack = Stack(space, dataclasses.replace(space.scale, **sizes), image_shape)
    kinds = COST_KINDS if stack.inputs > 1 else tuple(name for name in COST_KINDS if name != "memory")
    if kind not in kinds:
        raise ValueError(f"unknown kind of cost {kind!r}; allowed: {', '.join(kinds)}")
    cost = expected_memory(stack) if kind == "memory" else _additive(stack, COST_KINDS.index(kind))

    def expected(mixture: Mixture) -> Any:
        full = space.expand(mixture)
        return cost({name: full[name] for name in space.alpha_shapes})

    return expected


def _additive(stack: Stack, column: int) -> Callable[[Mixture], Any]:
    terms = stack.terms(column)

    def cost(mixture: Mixture) -> Any:
        mixed = sum((terms.operations[name] * rows).sum() for name, rows in mixture.items())
        wide = sum(count * stack.width(mixture[name]) for name, count in terms.nodes.items() if count)
        return terms.fixed + mixed + wide

    return cost


def _of_recurrent(supernet: Any, image_shape: int | Sequence[int], kind: str) -> Callable[[Mixture], Any]:
    """Every recurrent cell of a space costs the same: a product for each of its nodes."""
    if kind not in COST_KINDS:
        raise ValueError(f"unknown kind of cost {kind!r}; allowed: {', '.join(COST_KINDS)}")
    space, scale = supernet.space, Scale(supernet.channels, 1, supernet.classes)
    cost = network_cost(space.network(space.sample(np.random.default_rng(0)), scale), image_shape)
    return lambda mixture: getattr(cost, kind)


_BY_EXECUTOR = {"cells": _of_cells, "topology": _of_cells, "described": _of_choices, "recurrent": _of_recurrent}
