"""Binds a search to the expected cost of the networks that its alphas stand for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from dartsx.catalog import LATENCY
from dartsx.cost import Table, bounded_loss, expected_cost, least_cost, read_table
from dartsx.cost.forms import LOGARITHMIC
from dartsx.search.method import HostAlpha, Method
from dartsx.search.methods.random_sharing import none
from dartsx.search.within import derive_within


@dataclasses.dataclass(frozen=True)
class Bound:
    """What the expected cost of the alphas' networks makes of their loss, see `dartsx.cost.bounded_loss`.

    Attributes:
      kind: kind of cost, see `dartsx.cost.expected_cost`.
      target: target, in units of the cost.
      weight: weight of the cost.
      form: how loss and cost become one number.
      power: exponent of the forms that have one.
      channels: channels of the network that is counted; None for the supernet's.
      layers: layers of the network that is counted; None for the supernet's.
      table: file of latencies for the kind "latency", see `dartsx.cost.read_table`.
      batch_size: images of a pass whose latency counts; the table must be of such passes.
      within: networks that are derived keep to the target, see `dartsx.search.within`.
    """

    kind: str
    target: float
    weight: float = 1.0
    form: str = "linear"
    power: float = 0.6
    channels: int | None = None
    layers: int | None = None
    table: str | None = None
    batch_size: int = 1
    within: bool = False


def bounded(method: Method, bound: Bound, supernet: Any, image_shape: Sequence[int]) -> Method:
    """The method with the bound on its validation loss, or on its rewards if it learns from these.

    Raises:
      ValueError: the cost cannot be computed for this space or these images; the method trains no alphas, which alone
        are bound; or it selects its network after the search, and the network is to keep to the target.
    """
    if method.hypergradient is none:
        problem = (
            "trains no alphas, and nothing else can be bound to a cost; leave the cost out, or choose another method"
        )
        raise ValueError(f"{method.name} {problem}")
    cost = _counted(bound, supernet, image_shape)
    if bound.within:
        if method.select is not None:
            raise ValueError(f"within: {method.name} selects its network after the search, whatever it costs")
        method = dataclasses.replace(method, discretize=derive_within(method.discretize, cost, bound.target))
    if method.learning is not None:
        learning = dataclasses.replace(method.learning, cost=cost, target=bound.target)
        return dataclasses.replace(method, learning=learning)
    loss = bounded_loss(cost, method.chances, bound.target, bound.weight, bound.form, bound.power)
    return dataclasses.replace(method, bound=loss)


def check_reachable(bound: Bound, supernet: Any, image_shape: Sequence[int]) -> None:
    """Checks that the target is not below the cost of every network.

    Raises:
      ValueError: it is, or the form takes logarithms of costs that are not above 1; says what the cheapest costs.
    """
    counted, table = _subject(bound, supernet, image_shape)
    least = least_cost(counted, image_shape, bound.kind, table)
    unit = "ms" if bound.kind == LATENCY else bound.kind
    if bound.target < least:
        raise ValueError(f"no network of the space reaches it: the cheapest costs {least:.6g} {unit}")
    if bound.form in LOGARITHMIC and least <= 1:
        reason = f"costs above 1, and the cheapest network costs {least:.6g} {unit}"
        raise ValueError(f"form={bound.form} takes the logarithm of the cost: it needs {reason}")


def cost_figure(
    bound: Bound | None, method: Method, supernet: Any, image_shape: Sequence[int]
) -> Callable[[HostAlpha], dict[str, float]]:
    """A function of the alphas -> the expected cost of their networks by name; nothing where there is no bound."""
    if bound is None:
        return lambda alpha: {}
    cost = _counted(bound, supernet, image_shape)

    def expected(alpha: HostAlpha) -> dict[str, float]:
        chances = {name: np.asarray(rows, np.float64) for name, rows in method.chances(alpha).items()}
        return {f"expected_{bound.kind}": float(cost(chances))}

    return expected


def _counted(bound: Bound, supernet: Any, image_shape: Sequence[int]) -> Callable[[Any], Any]:
    counted, table = _subject(bound, supernet, image_shape)
    return expected_cost(counted, image_shape, bound.kind, table)


def _subject(bound: Bound, supernet: Any, image_shape: Sequence[int]) -> tuple[Any, Table | None]:
    """The supernet of the networks that are counted, and the table of their latencies."""
    sizes = {"channels": bound.channels or supernet.channels, "layers": bound.layers or supernet.layers}
    table = None if bound.table is None else read_table(bound.table, image_shape[0])
    if table is not None:
        table.check(bound.batch_size, jnp.dtype(supernet.dtype).name, image_shape)
    return supernet.clone(**sizes), table
