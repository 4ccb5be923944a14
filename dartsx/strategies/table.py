"""From names to a strategy: the declarations of the catalog, each with the function that it declares."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dartsx.catalog import STRATEGIES, option_values
from dartsx.objectives import Measure
from dartsx.strategies.evolution import evolution
from dartsx.strategies.local_search import local_search
from dartsx.strategies.nsga2 import nsga2
from dartsx.strategies.pareto_local import pareto_local_search
from dartsx.strategies.ppo import ppo
from dartsx.strategies.predictor import predictor
from dartsx.strategies.random_search import random_search
from dartsx.strategies.reinforce import enas, reinforce, reinforce_lstm
from dartsx.strategies.strategy import Strategy

FUNCTIONS: dict[str, Callable[..., Strategy]] = {
    "random": random_search,
    "local": local_search,
    "evolution": evolution,
    "nsga2": nsga2,
    "pareto_local": pareto_local_search,
    "reinforce": reinforce,
    "reinforce_lstm": reinforce_lstm,
    "ppo": ppo,
    "enas": enas,
    "predictor": predictor,
}
"""The functions that make strategies, by the names of `dartsx.catalog.STRATEGIES`."""


def make_strategy(name: str, measures: Sequence[Measure], options: Mapping[str, Any] | None = None) -> Strategy:
    """The strategy of a name.

    Args:
      name: a key of `dartsx.catalog.STRATEGIES`.
      measures: what counts; only the first, unless the strategy weighs several.
      options: values in place of the defaults.

    Raises ValueError: the name or an option is unknown, or a value is not allowed.
    """
    if name not in STRATEGIES:
        raise ValueError(f"unknown strategy {name!r}; allowed: {', '.join(STRATEGIES)}")
    declaration = STRATEGIES[name]
    values = option_values(name, declaration.options, options or {})
    return FUNCTIONS[name](measures if declaration.several else measures[0], **values)
