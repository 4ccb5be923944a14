"""Which methods go together, and the values of their options: asked by the library and by the settings alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dartsx.catalog.declaration import option_values
from dartsx.catalog.methods import METHODS


def check_together(names: Sequence[str]) -> None:
    """Checks that methods go together.

    Raises:
      ValueError: a name is unknown or given twice, two decide the same thing, or the combination means nothing.
    """
    decided: dict[str, str] = {}
    for i, name in enumerate(names):
        if name not in METHODS:
            raise ValueError(f"unknown method {name!r}; allowed: {', '.join(METHODS)}")
        if name in names[:i]:
            raise ValueError(f"{name} is named twice")
        for part in METHODS[name].decides:
            if part in decided:
                raise ValueError(f"{decided[part]} and {name} both decide the {part}; choose one")
            decided[part] = name
        for other in names[:i]:
            if reason := METHODS[name].meaningless.get(other) or METHODS[other].meaningless.get(name):
                raise ValueError(f"{other} and {name} do not go together: {reason}")


def check_hypergradient(names: Sequence[str], hypergradient: str) -> None:
    """Checks that a hypergradient has a meaning for all of the methods.

    Raises:
      ValueError: says for which it has none.
    """
    name = next((name for name in names if METHODS[name].first_order), None)
    if hypergradient != "first_order" and name:
        raise ValueError(
            f"{name} {METHODS[name].first_order}: only first_order has a meaning, not hypergradient {hypergradient}"
        )


def acts_alone(names: Sequence[str]) -> str | None:
    """The method among `names` that acts on one search at a time, between epochs or after it; or None."""
    return next((name for name in names if METHODS[name].on_the_host), None)


def candidates(primitives: Sequence[str], method: str) -> tuple[str, ...]:
    """The primitives without those that the papers of the methods leave out; `method` joins several names by "+"."""
    left_out = {name for part in method.split("+") if part in METHODS for name in METHODS[part].left_out}
    return tuple(name for name in primitives if name not in left_out)


def options_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every option of a method: the given ones, else the defaults.

    Raises:
      ValueError: an option is unknown, or a value is not allowed.
    """
    return option_values(name, METHODS[name].options, given)
