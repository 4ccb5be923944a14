"""Costs of an open network that are sums over its parts: their expectation under a mixture, and their minimum.

Read the weight of an option as the chance that it is chosen, decisions being independent. A part exists with the
presence of its place, and costs what a table says of the options of the decisions that its shapes depend on:

  E = fixed + sum over parts presence(place) * sum over options k, l, ... m[d1, k] m[d2, l] ... cost(k, l, ...)

which is linear in every decision's row and, at a one-hot mixture, the cost of the closed network, exactly.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dartsx.networks import Decision
from dartsx.networks.open.place import Place, presence
from dartsx.networks.open.size import Weight

MOST_ENTRIES = 1_000_000  # of a table over several decisions


class Term(NamedTuple):
    """What a part of an open network costs.

    Attributes:
      place: where it stands.
      names: decisions that its cost depends on.
      values: options of these decisions -> cost; what is left out costs nothing.
    """

    place: Place
    names: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


class Factor(NamedTuple):
    """A function of some decisions: an array with an axis for each, in the order of its names."""

    names: tuple[str, ...]
    values: np.ndarray


@dataclasses.dataclass(frozen=True)
class Additive:
    """A sum over parts, as a function of the mixture.

    Attributes:
      terms: the parts.
      fixed: what every network costs besides.
    """

    terms: tuple[Term, ...]
    fixed: float = 0

    def __call__(self, weight: Weight) -> Any:
        """The expected cost, where ``weight(decision, option)`` is an entry of the mixture: JAX scalars, or floats."""
        known: dict[Place, Any] = {}
        parts = []
        for place, names, values in self.terms:
            own = (math.prod(map(weight, names, options)) * cost for options, cost in values.items())
            parts.append(presence(place, weight, known=known) * sum(own))
        return sum(parts, self.fixed)

    def least(self, decisions: Mapping[str, Decision]) -> float:
        """The cost of the cheapest network, by dynamic programming over the decisions.

        One decision after the other is chosen for the best under every choice of those that it shares a part with.
        Where that would take tables of more than `MOST_ENTRIES` numbers, parts choose apart: then it is a lower bound.

        Args:
          decisions: what the network leaves open.
        """
        known: dict[Place, Factor] = {}
        factors = [_table(term, decisions, known) for term in self.terms]
        while names := {name for factor in factors for name in factor.names}:
            name = min(names, key=lambda name: (_entries(factors, name), name))
            shared = [factor for factor in factors if name in factor.names]
            factors = [factor for factor in factors if name not in factor.names]
            apart = _entries(shared, name) > MOST_ENTRIES
            factors += [_without(name, [one]) for one in shared] if apart else [_without(name, shared)]
        return float(self.fixed + sum(factor.values for factor in factors))


def _table(term: Term, decisions: Mapping[str, Decision], known: dict[Place, Factor]) -> Factor:
    """The cost of a part, 0 where it does not exist."""
    options = [decisions[name].options for name in term.names]
    values = np.zeros([len(labels) for labels in options])
    for chosen, cost in term.values.items():
        values[tuple(labels.index(label) for labels, label in zip(options, chosen, strict=True))] = cost
    return _combined(np.multiply, [_existence(term.place, decisions, known), Factor(term.names, values)])


def _existence(place: Place, decisions: Mapping[str, Decision], known: dict[Place, Factor]) -> Factor:
    """1 where a place exists, 0 elsewhere."""
    if not place.terms:
        return Factor((), np.ones(()))
    if place not in known:
        ways = []
        for at, name, option in place.terms:
            chosen = Factor((name,), np.array([label == option for label in decisions[name].options], float))
            ways.append(_combined(np.multiply, [_existence(at, decisions, known), chosen]))
        known[place] = _combined(np.add, ways)
    return known[place]


def _without(name: str, factors: Sequence[Factor]) -> Factor:
    """Their sum under the best option of a decision."""
    names, values = _combined(np.add, factors)
    return Factor(tuple(other for other in names if other != name), values.min(names.index(name)))


def _combined(function: np.ufunc, factors: Sequence[Factor]) -> Factor:
    """A function of all decisions of the factors."""
    names = tuple(dict.fromkeys(name for factor in factors for name in factor.names))
    return Factor(names, functools.reduce(function, (_spread(factor, names) for factor in factors)))


def _spread(factor: Factor, names: tuple[str, ...]) -> np.ndarray:
    """The array with an axis for each of the names, of length 1 for those that it does not depend on."""
    order = sorted(range(len(factor.names)), key=lambda axis: names.index(factor.names[axis]))
    shape = [factor.values.shape[factor.names.index(name)] if name in factor.names else 1 for name in names]
    return factor.values.transpose(order).reshape(shape)


def _entries(factors: Iterable[Factor], name: str) -> int:
    """Size of the table over all decisions that share a factor with this one."""
    sizes: dict[str, int] = {}
    for factor in factors:
        if name in factor.names:
            sizes |= zip(factor.names, factor.values.shape, strict=True)
    return math.prod(sizes.values())
