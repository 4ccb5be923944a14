"""Hypergradients under the names of the catalog."""

from __future__ import annotations

import functools

from dartsx import catalog
from dartsx.search.hypergradient import Hypergradient, exact, finite_difference, first_order
from dartsx.search.hypergradient_implicit import conjugate_gradient, neumann
from dartsx.search.hypergradient_unrolled import unrolled

HYPERGRADIENTS: dict[str, Hypergradient] = catalog.by_name(
    catalog.HYPERGRADIENTS, first_order, finite_difference, exact, unrolled, neumann, conjugate_gradient
)


def hypergradient_by_name(name: str, terms: int | None = None) -> Hypergradient:
    """A hypergradient of the table.

    Args:
      name: a key of `HYPERGRADIENTS`.
      terms: virtual steps of ``unrolled``, terms of ``neumann``, steps of ``conjugate_gradient``; None for the default.

    Raises:
      ValueError: the name is unknown, or `terms` is below 1 or given to one that has none.
    """
    if name not in HYPERGRADIENTS:
        allowed = ", ".join(HYPERGRADIENTS)
        raise ValueError(f"unknown hypergradient {name!r}; allowed: {allowed}")
    if terms is None:
        return HYPERGRADIENTS[name]
    if name not in catalog.WITH_TERMS:
        takers = ", ".join(catalog.WITH_TERMS)
        raise ValueError(f"hypergradient {name!r} takes no terms ({terms} given); those that do: {takers}")
    if terms < 1:
        raise ValueError(f"hypergradient {name!r} needs 1 term or more, got {terms}")
    return functools.partial(HYPERGRADIENTS[name], terms=terms)
