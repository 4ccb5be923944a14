"""What the configs of earlier versions stand for, and how a config says which version wrote it.

A run's ``config.json`` holds every field that its kind of run knew when it began, and the schema. A field that came
later is missing there and counts as before: as what the program did when the field did not exist, which need not be
today's default. Whoever adds a field adds it here; a test compares configs of earlier versions with
``configs/base.py``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

SCHEMA_KEY, SCHEMA = "schema", 1
"""Raised when a field comes to mean something else; configs without a schema are older than 1."""

# In the order in which they came. Options of a method that is new as a whole need no entry.
LATER: dict[str, Any] = {
    "dataset.stream": False,
    "evaluate.augment.jitter": False,
    "population": 1,
    "population_chunk": 0,
    "members.alphas.learning_rate": (),
    "members.alphas.weight_decay": (),
    "network": "",
    "hypergradient_terms": 0,
    "space.name": "darts",
    "search.diagnosis.every": 0,  # nothing was diagnosed
    "search.diagnosis.iterations": 10,
    "evaluate.remat": "none",  # nothing was computed again
    "search.cost.kind": "",
    "search.cost.form": "linear",
    "search.cost.weight": 1.0,
    "search.cost.target": 0.0,
    "search.cost.within": False,
    "search.cost.channels": 0,
    "search.cost.layers": 0,
    "search.cost.table": "",
    "search.cost.power": 0.6,
    "search.cost.batch_size": 1,
    "methods.r_darts.drop_path": 0.0,
    "precision": "default",
    "search.layout": "",
    "search.sharing": "none",  # every option had weights of its own
    "dataset.text.unit": "tokens",  # there were no texts
    "dataset.text.vocabulary": 10_000,
    "dataset.text.steps": 35,
    "dataset.text.context": 35,
    "search.augment.scale": 0.0,
    "evaluate.augment.scale": 0.0,
    "dataset.class_balance": 0.0,  # pixels counted alike
    "dataset.upscale": 0,  # no image was made larger
    "dataset.scenes.size": 64,  # there were no scenes
    "dataset.scenes.train": 800,
    "dataset.scenes.test": 200,
    "dataset.scenes.digits": 4,
    "dataset.scenes.seed": 0,
    **{f"evaluate.dropout.{place}": 0.0 for place in ("words", "embedding", "inputs", "states", "output")},
    "evaluate.average_from": 0,
    "evaluate.initial_weights": "",
    "methods.snas.levels": 1,
    "methods.tunas.growth": 1.0,  # alphas learned at one rate, from the first step on
    "methods.tunas.warmup": 0.0,
    **{f"search.dropout.{place}": 0.0 for place in ("words", "embedding", "inputs", "states", "output")},
    "search.temporal_activation": 0.0,  # nothing was asked of changing states
    "evaluate.temporal_activation": 0.0,
}
# What the config of every run has had from the first version on.
_ALWAYS = ("seed", "dtype", "mesh", "method", "dataset")


def written_by_a_run(config: Mapping[str, Any]) -> bool:
    """Whether this is a run's config, in which what is missing came later; else a user gives a part of the fields."""
    return SCHEMA_KEY in config or all(name in config for name in _ALWAYS)


def completed(config: Mapping[str, Any]) -> dict[str, Any]:
    """A run's config with the fields that came later, as before, in the groups that it has; without the schema."""
    result = copy.deepcopy({name: value for name, value in config.items() if name != SCHEMA_KEY})
    for name, value in LATER.items():
        *groups, last = name.split(".")
        if groups and groups[0] not in config:
            continue  # this kind of run does not read the group
        _group(result, groups).setdefault(last, value)
    return result


def as_before(config: Mapping[str, Any]) -> dict[str, Any]:
    """What stands, by dotted name, for fields that the config of an earlier run lacks, to compare it with this one.

    A method that came later, or that does not search here, decided nothing in that run, so its options count as they
    are here. Without a method in `config` all fields are told that came later.
    """
    options = {
        f"methods.{method}.{name}": value
        for method, values in config.get("methods", {}).items()
        for name, value in values.items()
    }
    unused = {name for name in options if name.split(".")[1] not in config.get("method", "").split("+")}
    later = {name: value for name, value in LATER.items() if name not in unused}
    return options | later | {SCHEMA_KEY: SCHEMA}


def _group(config: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The group of that name, made where it is missing; a stray one where another value stands in its place."""
    for name in names:
        inner = config.setdefault(name, {})
        config = inner if isinstance(inner, dict) else {}
    return config
