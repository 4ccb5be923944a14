"""When two runs are the same experiment: the config fields that do not decide it.

Everything else in a config does, fields that are new included: in a config that lacks them they are as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dartsx.catalog.as_before import as_before, completed
from dartsx.catalog.names import EXECUTORS

# No field of these changes a result: a run may be resumed with others.
MAY_DIFFER = (
    "compilation_cache",
    "population_chunk",
    "dataset.data_dir",
    "search.chunk_steps",
    "search.checkpoint_every",
    "search.keep_checkpoints",
    "evaluate.chunk_steps",
    "evaluate.checkpoint_every",
    "evaluate.keep_checkpoints",
    "evaluate.host_workers",
)
# Fields that say where an input lies. A run records what the input is, and may be resumed where that lies elsewhere.
PLACES = {
    "data": ("dataset.name", "dataset.data_dir"),
    "genotype": ("genotype",),
    "weights": ("evaluate.initial_weights",),
}
# What a run keeps to its end, though runs that differ in it are samples of one experiment: how many devices there were,
# what was logged, which seed was drawn, which network was trained (reports have a row for each network anyway), and how
# the config was written down.
_OF_A_SAMPLE = ("mesh", "search.diagnosis", "seed", "genotype", "network", "schema")
# What shapes the network of a genotype; a network that has a name is what its paper says.
OF_GENOTYPES = tuple(f"evaluate.{name}" for name in ("network", "channels", "layers", "auxiliary", "auxiliary_weight"))
# Networks in which architectures of one kind are trained, and no others: that says nothing that the genotype does not.
_OF_ONE_EXECUTOR = tuple(networks[0] for _, networks in EXECUTORS.values() if len(networks) == 1)
UNUSED = ""


def experiment(config: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a config that decide which experiment a run is a sample of.

    Args:
      config: the content of config.json, with all groups or only those that the run read.

    Returns:
      Dotted name -> repr of the value, or `UNUSED` for what has no effect on this run. Options of methods are left out
      where the config names another method.
    """
    evaluation = "evaluate" in config and "search" not in config  # its space only writes the network of its genotype
    left_out = (*MAY_DIFFER, *_OF_A_SAMPLE, *options_of_others(config), *(["space"] if evaluation else []))
    kept = {name: repr(_as_json(value)) for name, value in fields(config).items() if not within(name, left_out)}
    if config.get("network"):
        kept |= {name: UNUSED for name in OF_GENOTYPES if name in kept}
    if config.get("evaluate", {}).get("network") in _OF_ONE_EXECUTOR:
        kept["evaluate.network"] = UNUSED
    return kept


def lasting(config: Mapping[str, Any]) -> dict[str, str]:
    """`experiment` without the fields that are as they were before there were any: fields to come do not change it."""
    before = {name: repr(_as_json(value)) for name, value in as_before({}).items()}
    return {name: value for name, value in experiment(config).items() if before.get(name) != value}


def fields(config: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a config by dotted name; those that it lacks are as they were before there were any."""
    return dict(_flat(completed(config)))


def options_of_others(config: Mapping[str, Any]) -> list[str]:
    """The groups of options of the methods that the config does not name; none where it names no method."""
    if "method" not in config:
        return []
    return [f"methods.{name}" for name in config.get("methods", {}) if name not in config["method"].split("+")]


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, list(value) if isinstance(value, tuple) else value  # as JSON reads it


def within(name: str, fields: Iterable[str]) -> bool:
    """Whether a dotted name is one of the fields, or lies in a group among them."""
    return any(name == field or name.startswith(f"{field}.") for field in fields)
