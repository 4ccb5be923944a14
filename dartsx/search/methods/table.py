"""From names to a method: the declarations of the catalog, each with the function that it declares."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dartsx.catalog import BASE, INIT_SCALE, METHODS, check_hypergradient, check_together, options_of
from dartsx.search.masked import padded
from dartsx.search.method import Method, Task
from dartsx.search.methods.darts import darts


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
      task: the space that is searched, with the number of cells in its supernet.
      options: values of options by name of method, in place of the papers' values.
      hypergradient: see `hypergradients`.
      terms: see `hypergradients.hypergradient_by_name`.
      init_scale: standard deviation of the initial alphas.

    Raises:
      ValueError: a name, option or hypergradient is unknown, a value is not allowed, or they do not go together.
    """
    names = names.split("+") if isinstance(names, str) else list(names)
    check_together(names)
    check_hypergradient(names, hypergradient)
    method = darts(hypergradient, init_scale, terms)
    for name in METHODS:
        if name in names:
            method = apply(name, method, task, (options or {}).get(name, {}))
    method = padded(method, task.space)
    return dataclasses.replace(method, name=f"{'+'.join(names)} {hypergradient}")


def apply(name: str, base: Method, task: Task, options: Mapping[str, Any] | None = None) -> Method:
    """`base` with the parts that one method decides.

    Args:
      name: a key of `METHODS`.
      base: the method so far.
      task: the space that is searched, with the number of cells in its supernet.
      options: values in place of the papers'.

    Raises:
      ValueError: an option is unknown or not allowed, or the method does not fit what is searched.
    """
    values = options_of(name, options or {})
    return base if name == BASE else function_of(name)(base, task, **values)


def function_of(name: str) -> Callable[..., Method]:
    """The function that a declaration is of: (method so far, task, options) -> method.

    Raises:
      ValueError: its module is not there, or has no function of that name.
    """
    module = METHODS[name].module or f"dartsx.search.methods.{name}"
    try:
        return getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ValueError(f"method {name} is declared in the catalog, but has no function: {error}") from error
