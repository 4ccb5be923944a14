"""A population: searches of several seeds at once, its checks, and the solo search that each member equals."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.groups import MAX_SEED, Config, Members

Values = Mapping[str, Any]  # dotted name of a field under ``search`` -> value


def check_population(config: Config) -> None:
    """Check the fields of a population against each other.

    Raises:
      SettingsError: naming the field.
    """
    size = config.population
    if config.seed + size - 1 > MAX_SEED:
        problem = f"the last of {size} seeds, {config.seed + size - 1}, would exceed {MAX_SEED}"
        raise wrong("population", size, problem)
    if (config.population_chunk or 1) > size:
        problem = f"must not exceed --config.population={size}"
        raise wrong("population_chunk", config.population_chunk, problem)
    for name, values in varied(config.members).items():
        if size == 1:
            problem = "needs --config.population=2 or more; a single search is set by"
            raise wrong(f"members.{name}", values, f"{problem} --config.search.{name}")
        if len(values) != size:
            problem = f"has {len(values)} value(s) for the {size} members of --config.population"
            raise wrong(f"members.{name}", values, problem)


def check_members_on_devices(size: int, chunk: int | None, devices: int) -> None:
    """Check that every device gets as many members as every other, and whole chunks of them.

    Raises:
      SettingsError: naming the field and the nearest that is allowed.
    """
    if size % devices:
        below = size // devices * devices
        nearest = [str(value) for value in (below, below + devices) if value > 1]
        problem = f"members cannot be shared evenly by {devices} devices; nearest: {' or '.join(nearest)}"
        raise wrong("population", size, f"{problem}; or choose another number of devices by --config.mesh")
    share = size // devices
    if chunk and share % chunk:
        allowed = ", ".join(str(n) for n in range(1, share + 1) if share % n == 0)
        problem = f"does not divide the {share} members of a device; choose one of {allowed}, or 0 for all"
        raise wrong("population_chunk", chunk, problem)


def varied(members: Members) -> dict[str, tuple[float, ...]]:
    """The fields in which members differ besides their seed: ``alphas.learning_rate`` -> a value per member."""
    return {
        f"{group.name}.{field.name}": values
        for group in dataclasses.fields(members)
        for field in dataclasses.fields(getattr(members, group.name))
        if (values := getattr(getattr(members, group.name), field.name))
    }


def with_values(settings: Any, values: Values) -> Any:
    """SearchSettings with fields under ``search`` replaced; the values may be traced."""
    search = settings.search
    for name, value in values.items():
        group, field = name.split(".")
        changed = dataclasses.replace(getattr(search, group), **{field: value})
        search = dataclasses.replace(search, **{group: changed})
    return dataclasses.replace(settings, search=search)


def member_values(settings: Any, index: int) -> dict[str, float]:
    """What a member has of its own, besides its seed."""
    return {name: values[index] for name, values in settings.varied.items()}


def member_settings(settings: Any, index: int) -> Any:
    """SearchSettings of the solo search that a member equals."""
    solo = with_values(settings, member_values(settings, index))
    return dataclasses.replace(solo, seed=settings.seed + index, population=1, population_chunk=None, varied={})


def member_config(config: Mapping[str, Any], settings: Any, index: int) -> dict[str, Any]:
    """The plain config of the solo search that a member equals: that search run again gives the member's result."""
    nothing = {group: dict.fromkeys(fields, ()) for group, fields in config["members"].items()}
    search = dict(config["search"])
    for name, value in member_values(settings, index).items():
        group, field = name.split(".")
        search[group] = {**search[group], field: value}
    own = {"seed": settings.seed + index, "population": 1, "population_chunk": 0, "members": nothing}
    return {**config, **own, "search": search}
