"""From points to checked configs: what is wrong with any is said before the first trial starts."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ml_collections import ConfigDict

from dartsx.catalog import unread
from dartsx.experiments.settings import (
    SettingsError,
    check_pipeline,
    evaluate_settings,
    parse_config,
    search_settings,
    wrong,
)
from dartsx.experiments.settings.command_line import overrides
from dartsx.experiments.sweeps.points import CONFIG, Point, text_of

T, R = TypeVar("T"), TypeVar("R")
CHECKS: Mapping[str, Callable[[ConfigDict], Any]] = {
    "search": search_settings,
    "evaluate": evaluate_settings,
    "run": check_pipeline,
}
_LONGEST = 100  # characters of a folder's name
_OWN = {"seed": "--seeds", "population": "--share_seeds"}


class Setting(NamedTuple):
    """One point.

    Attributes:
      name: name that its trials' folders begin with.
      fields: the swept fields with their values, as JSON has them.
      config: the config, checked.
    """

    name: str
    fields: Mapping[str, Any]
    config: ConfigDict


def settings_of(points: Sequence[Point], argv: Sequence[str], job: str) -> list[Setting]:
    """The settings of points.

    Args:
      points: the points.
      argv: the command line; its ``--config`` and ``--config.FIELD`` hold for all of them.
      job: a key of `CHECKS`.

    Raises:
      SettingsError: a point is wrong, or there twice; names it and the field.
    """
    read = check_points(points, lambda point: setting_of(point, argv, job), lambda point: point)
    twice = [name for name, count in Counter(setting.name for setting in read).items() if count > 1]
    if twice:
        raise SettingsError(f"--sweep: {twice[0]} is there {Counter(s.name for s in read)[twice[0]]} times")
    return read


def check_points(
    given: Sequence[T], read: Callable[[T], R], fields: Callable[[T], Point] = lambda setting: setting.fields
) -> list[R]:
    """What is read of each; the point is named in what is wrong with it.

    Raises:
      SettingsError: the first that is wrong.
    """
    found = []
    for number, item in enumerate(given, 1):
        try:
            found.append(read(item))
        except SettingsError as error:
            label = ", ".join(f"{name}={text_of(value)}" for name, value in fields(item).items())
            raise SettingsError(f"point {number} of {len(given)} ({label}): {error}") from error
    return found


def setting_of(point: Point, argv: Sequence[str], job: str) -> Setting:
    """The setting of one point.

    Raises:
      SettingsError: the point is wrong; names the field.
    """
    for field, flag in _OWN.items():
        if field in point:
            raise SettingsError(f"{field} is not swept but given by {flag}")
    source = text_of(point[CONFIG]) if CONFIG in point else None
    given = [f"--config.{name}={text_of(value)}" for name, value in point.items() if name != CONFIG]
    line = parse_config([*_command(argv, source), *given])
    config = line.config
    if config.population != 1:
        raise SettingsError("--config.population: a sweep makes populations of --seeds itself (--share_seeds)")
    if "seed" in line.overridden:
        raise SettingsError("--config.seed: the seeds of a sweep are given by --seeds; leave it out")
    _check_read(point, config, job, CHECKS[job](config))
    fields = {name: source if name == CONFIG else _value(config, name) for name in point}
    return Setting(name_of(fields), fields, config)


def _check_read(point: Point, config: ConfigDict, job: str, settings: Any) -> None:
    """Checks that every swept field may decide something: otherwise equal runs would have different names."""
    plain, of_a_space = config.to_dict(), job == "evaluate" and settings.space is not None
    for name in point:
        if name == CONFIG or (of_a_space and name.startswith("space.")):
            continue
        if reason := unread(name, plain, job):
            raise wrong(name, _value(config, name), f"is swept, but {reason}")


def name_of(fields: Mapping[str, Any]) -> str:
    """A folder's name that says the values, with the last part of the fields' names where that is enough."""
    last = Counter(name.rpartition(".")[2] for name in fields)
    short = {name: name.rpartition(".")[2] if last[name.rpartition(".")[2]] == 1 else name for name in fields}
    text = ",".join(f"{short[name]}={text_of(value)}" for name, value in fields.items()) or "all"
    name = re.sub(r"[^\w.=,+@-]", "_", text)
    exact = name == text and len(name) <= _LONGEST
    return name if exact else f"{name[:_LONGEST]}-{zlib.crc32(text.encode()):08x}"


def _command(argv: Sequence[str], source: str | None) -> list[str]:
    """Program, config and overrides of a command line; the config is another if one is given."""
    arguments = list(argv)
    at = next((i for i, text in enumerate(arguments) if text.partition("=")[0] in ("--config", "-config")), None)
    own = [] if at is None else arguments[at : at + 1 if "=" in arguments[at] else at + 2]
    return [argv[0], *(own if source is None else [f"--config={source}"]), *overrides(argv)]


def _value(config: ConfigDict, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = value[part]
    return list(value) if isinstance(value, tuple) else value
