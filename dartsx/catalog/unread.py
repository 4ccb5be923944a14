"""What a run does not read of its config, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dartsx.catalog.identity import OF_GENOTYPES, fields, options_of_others, within
from dartsx.catalog.names import SCENES, is_text

# Fields and groups that the config.json of a kind of run leaves out.
LEFT_OUT = {
    "search": ("evaluate", "genotype", "network"),
    "evaluate": ("search", "space", "method", "hypergradient", "population", "population_chunk", "members"),
    # A search by a strategy that trains every network.
    "retraining": ("genotype", "network", "methods", "hypergradient", "population", "population_chunk", "members"),
}
_KINDS = {
    "search": ("a search", LEFT_OUT["search"]),
    "evaluate": ("an evaluation", (*LEFT_OUT["evaluate"], "methods", "hypergradient_terms")),
    "run": ("a search with its evaluation", ("genotype", "network")),
}


class _Idle(NamedTuple):
    """Fields and groups that another field can leave without effect: `by` does where `where` holds of its value."""

    names: tuple[str, ...]
    by: str
    where: Callable[[Any], bool]


_OF_TEXTS = tuple(f"{group}.{name}" for group in ("search", "evaluate") for name in ("dropout", "temporal_activation"))
_IDLE = (
    _Idle(("search.cost",), "search.cost.kind", lambda kind: not kind),
    _Idle(("evaluate.decay",), "evaluate.schedule", lambda schedule: schedule != "exponential"),
    _Idle(("evaluate.auxiliary_weight",), "evaluate.auxiliary", lambda auxiliary: not auxiliary),
    _Idle(("dataset.text", *_OF_TEXTS), "dataset.name", lambda name: not is_text(name)),
    _Idle(("dataset.scenes",), "dataset.name", lambda name: name not in SCENES),
)


def unread(name: str, config: Mapping[str, Any], kind: str) -> str | None:
    """Why a field decides nothing in a run; None where it may decide something.

    Args:
      name: its dotted name.
      config: the whole config, valid.
      kind: "search", "evaluate", or "run": a search with the evaluation of what it finds.
    """
    run, never = _KINDS[kind]
    if within(name, never):
        return f"{run} does not read it"
    if within(name, options_of_others(config)):
        return f"--config.method={config['method']} does not read it"
    pictured = not is_text(config["dataset"]["name"])  # named networks of words take their width from the settings
    if kind == "evaluate" and config["network"] and pictured and name in OF_GENOTYPES:
        return f"--config.network={config['network']} is what its paper says"
    values = fields(config)
    for idle in _IDLE:
        if name != idle.by and within(name, idle.names) and idle.where(values[idle.by]):
            return f"--config.{idle.by}={values[idle.by]!r} leaves it without effect"
    return None
