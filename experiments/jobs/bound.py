"""Binds a search to the expected cost of the networks that its alphas stand for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dartsx.cost import cost_penalty, expected_cost
from dartsx.search import Method
from experiments.settings import SearchSettings, blame


def bound(method: Method, settings: SearchSettings, supernet: Any, image_shape: Sequence[int]) -> Method:
    """The method with the penalty that the settings ask for, beside its own if it has one.

    Raises:
      SettingsError: the cost cannot be computed for this space or these images.
    """
    given = settings.search.cost
    cost = counted(settings, supernet, image_shape)
    if cost is None:
        return method
    own = method.penalty
    added = cost_penalty(cost, method.chances, given.weight, given.target, given.form)
    both = added if own is None else lambda alpha, progress: own(alpha, progress) + added(alpha, progress)
    return dataclasses.replace(method, penalty=both)


def counted(settings: SearchSettings, supernet: Any, image_shape: Sequence[int]) -> Callable[[Any], Any] | None:
    """The cost by which the settings bind the search, as a function of the mixture; None for none."""
    given = settings.search.cost
    if given.kind is None:
        return None
    sizes = {"channels": given.channels or supernet.channels, "layers": given.layers or supernet.layers}
    with blame("search.cost.kind", given.kind, ValueError):
        return expected_cost(supernet.clone(**sizes), image_shape, given.kind)


def figure(settings: SearchSettings, problem: Any, image_shape: Sequence[int]) -> Callable[[Any], dict[str, float]]:
    """A function of the alphas -> their networks' expected cost, as a figure of the diagnosis, where it is bound."""
    cost = counted(settings, problem.supernet, image_shape)
    if cost is None:
        return lambda alpha: {}

    def expected(alpha: Any) -> dict[str, float]:
        chances = {name: np.asarray(rows, np.float64) for name, rows in problem.method.chances(alpha).items()}
        return {f"expected_{settings.search.cost.kind}": float(cost(chances))}

    return expected
