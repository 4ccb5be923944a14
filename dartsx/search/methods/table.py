"""The one table of methods by name, and which of them go together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dartsx.search.method import Method, Task
from dartsx.search.methods.beta_darts import beta_darts
from dartsx.search.methods.darts import INIT_SCALE, darts
from dartsx.search.methods.darts_minus import darts_minus
from dartsx.search.methods.darts_plus import darts_plus
from dartsx.search.methods.darts_pt import darts_pt
from dartsx.search.methods.drnas import drnas
from dartsx.search.methods.fair_darts import fair_darts
from dartsx.search.methods.gdas import gdas
from dartsx.search.methods.lambda_darts import lambda_darts
from dartsx.search.methods.oles import oles
from dartsx.search.methods.p_darts import p_darts
from dartsx.search.methods.pc_darts import pc_darts
from dartsx.search.methods.progressive import progressive
from dartsx.search.methods.r_darts import r_darts
from dartsx.search.methods.reinmax import reinmax
from dartsx.search.methods.sdarts import sdarts_adv, sdarts_rs
from dartsx.search.methods.snas import snas


class Entry(NamedTuple):
    """A method of the table.

    Attributes:
      apply: (the method so far, task, options) -> the method with this one's parts.
      decides: what it decides; two methods that decide the same thing do not go together.
    """

    apply: Callable[..., Method]
    decides: tuple[str, ...]


# In the order in which methods are applied to each other: those that wrap what others decide come later.
METHODS: dict[str, Entry] = {
    "darts": Entry(lambda base, task: base, ()),
    "gdas": Entry(gdas, ("relaxation",)),
    "snas": Entry(snas, ("relaxation",)),
    "reinmax": Entry(reinmax, ("relaxation",)),
    "fair_darts": Entry(fair_darts, ("relaxation", "penalty", "derivation")),
    "drnas": Entry(drnas, ("relaxation", "penalty")),
    "beta_darts": Entry(beta_darts, ("penalty",)),
    "darts_minus": Entry(darts_minus, ("auxiliary skip connections",)),
    "sdarts_rs": Entry(sdarts_rs, ("perturbation",)),
    "sdarts_adv": Entry(sdarts_adv, ("perturbation",)),
    "lambda_darts": Entry(lambda_darts, ("gradient of the weights",)),
    "oles": Entry(oles, ("freezing",)),
    "darts_plus": Entry(darts_plus, ("early stopping",)),
    "r_darts": Entry(r_darts, ("early stopping",)),
    "p_darts": Entry(p_darts, ("stages", "derivation")),
    "darts_pt": Entry(darts_pt, ("selection after the search",)),
    "pc_darts": Entry(pc_darts, ("channels",)),
    "progressive": Entry(progressive, ("stages", "channels")),
}

# Pairs that would compute, but mean nothing.
MEANINGLESS: dict[frozenset[str], str] = {
    frozenset({"gdas", "darts_minus"}): "an auxiliary skip helps a mixture; gdas draws one candidate",
    frozenset({"reinmax", "darts_minus"}): "an auxiliary skip helps a mixture; reinmax draws one candidate",
    frozenset({"gdas", "oles"}): "what is not drawn has no gradients to compare",
    frozenset({"reinmax", "oles"}): "what is not drawn has no gradients to compare",
    frozenset({"p_darts", "darts_plus"}): "stages have fixed lengths",
    frozenset({"p_darts", "r_darts"}): "stages have fixed lengths",
    frozenset({"progressive", "darts_plus"}): "stages have fixed lengths",
    frozenset({"progressive", "r_darts"}): "stages have fixed lengths",
}


def compose(
    names: str | Sequence[str],
    task: Task,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    hypergradient: str = "first_order",
    terms: int | None = None,
    init_scale: float = INIT_SCALE,
) -> Method:
    """The method of one or several names, such as ``"pc_darts+drnas"``, in any order.

    Args:
      names: keys of `METHODS`, or one string of them joined by "+".
      task: what is searched.
      options: keyword arguments by name, in place of the papers' values.
      hypergradient: see `hypergradients`.
      terms: see `hypergradients.hypergradient_by_name`.
      init_scale: standard deviation of the initial alphas.

    Raises:
      ValueError: a name or hypergradient is unknown, or they do not go together.
    """
    names = names.split("+") if isinstance(names, str) else list(names)
    check_together(names, hypergradient)
    method = darts(hypergradient, init_scale, terms)
    for name, entry in METHODS.items():
        if name in names:
            method = entry.apply(method, task, **(options or {}).get(name, {}))
    return dataclasses.replace(method, name=f"{'+'.join(names)} {hypergradient}")


def check_together(names: Sequence[str], hypergradient: str = "first_order") -> None:
    """Checks that methods go together.

    Raises:
      ValueError: a name is unknown or given twice, two decide the same thing, or the combination means nothing.
    """
    decided: dict[str, str] = {}
    for i, name in enumerate(names):
        if name not in METHODS:
            raise ValueError(f"unknown method {name!r}; allowed: {', '.join(METHODS)}")
        if name in names[:i]:
            raise ValueError(f"method {name} is named twice")
        for part in METHODS[name].decides:
            if part in decided:
                raise ValueError(f"{decided[part]} and {name} both decide the {part}; choose one")
            decided[part] = name
        for other in names[:i]:
            if reason := MEANINGLESS.get(frozenset({other, name})):
                raise ValueError(f"{other} and {name} do not go together: {reason}")
    if "snas" in names and hypergradient != "first_order":
        raise ValueError(
            f"snas trains alphas and weights on one loss: only first_order has a meaning, not {hypergradient}"
        )
