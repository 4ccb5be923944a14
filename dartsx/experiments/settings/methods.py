"""What the config says of methods and hypergradients, read and checked by the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dartsx import catalog
from dartsx.catalog.rules import Rule, did_you_mean
from dartsx.experiments.settings.errors import blame, wrong
from dartsx.experiments.settings.read import check_fields, read_value

MethodOptions = Mapping[str, Mapping[str, Any]]  # method -> option -> value


def methods() -> Rule:
    """Names of methods, joined by '+'."""

    def unknown(value):
        return next(name for name in value.split("+") if name not in catalog.METHODS)

    return Rule(
        lambda value: all(name in catalog.METHODS for name in value.split("+")),
        lambda value: (
            f"not allowed; {did_you_mean(unknown(value), catalog.METHODS)}"
            f"choose one of {', '.join(catalog.METHODS)}, or several joined by '+'"
        ),
    )


def read_options(group: Any, path: str) -> MethodOptions:
    """Read the options of all methods; those of methods that are not named are not used.

    Raises:
      SettingsError: for the first option that is unknown, missing, of a wrong type or not allowed.
    """
    declared = {name: method.options for name, method in catalog.METHODS.items() if method.options}
    check_fields(group, declared, path)
    for name, options in declared.items():
        check_fields(group[name], options, f"{path}{name}.")
    return {
        name: {
            key: read_value(type(option.default), group[name][key], option.rule, f"{path}{name}.{key}")
            for key, option in options.items()
        }
        for name, options in declared.items()
    }


def check_method(method: str, hypergradient: str, terms: int | None) -> None:
    """Check that methods and hypergradient go together.

    Raises:
      SettingsError: naming the field, its value and what contradicts it.
    """
    names = method.split("+")
    with blame("method", method):
        catalog.check_together(names)
    try:
        catalog.check_hypergradient(names, hypergradient)
    except ValueError as error:
        raise wrong("hypergradient", hypergradient, f"--config.method={method}: {error}") from error
    if terms is not None and hypergradient not in catalog.WITH_TERMS:
        takers = ", ".join(catalog.WITH_TERMS)
        problem = f"--config.hypergradient={hypergradient} has none; those that have: {takers}"
        raise wrong("hypergradient_terms", terms, problem)


def check_partial(method: str, options: MethodOptions, remat: str | None) -> None:
    """Check that what the backward pass computes again goes with partial channels.

    Raises:
      SettingsError: naming the field.
    """
    names = method.split("+")
    partial = [options[name][key] for name in names for key in catalog.METHODS[name].partial_channels]
    if remat == "branch" and max(partial, default=1) > 1:
        raise wrong("search.remat", remat, f"partial channels of --config.method={method} need none or cell")


def check_alone(method: str, population: int) -> None:
    """Check that a population is searched by methods that act within steps only.

    Raises:
      SettingsError: naming the field.
    """
    if population > 1 and (name := catalog.acts_alone(method.split("+"))):
        problem = f"{name} of --config.method={method} acts between epochs or after the search"
        others = ", ".join(name for name in catalog.METHODS if not catalog.acts_alone([name]))
        raise wrong(
            "population", population, f"{problem}; search its seeds one by one (--config.seed=), or by one of {others}"
        )
