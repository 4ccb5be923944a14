"""From a ConfigDict to dataclasses: names, types and the rule of every field."""

import dataclasses
import math
import typing
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ml_collections import ConfigDict

from dartsx.catalog.rules import Rule, did_you_mean, rule_of
from dartsx.experiments.settings.errors import SettingsError, wrong
from dartsx.spaces.errors import show

T = TypeVar("T")

TYPE_NAMES = {
    int: "an integer",
    float: "a number",
    bool: "True or False",
    str: "a string",
    tuple: "a tuple, such as \"('skip_connect', 'sep_conv_3x3')\"",
}


_READER = "reader"


def read_by(reader: Callable[[Any, str], Any]) -> Any:
    """Return a dataclass field that a function of (group of the config, its dotted name with a dot) reads."""
    return dataclasses.field(metadata={_READER: reader})


def read_group(kind: type[T], group: Any, path: str = "") -> T:
    """Read a group of a config, and the groups in it, as a dataclass.

    Args:
      kind: the dataclass; its fields say which names, types and values are allowed.
      group: ConfigDict of exactly these fields. Integers count as numbers, lists as tuples.
      path: dotted name of the group, with a dot at the end; empty for the whole config.

    Raises:
      SettingsError: for the first field that is unknown, missing, of a wrong type or not allowed.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    check_fields(group, fields, path)
    hints = typing.get_type_hints(kind)
    values = {}
    for name, field in fields.items():
        hint, value, reader = hints[name], group[name], field.metadata.get(_READER)
        if reader:
            values[name] = reader(value, f"{path}{name}.")
        elif dataclasses.is_dataclass(hint):
            values[name] = read_group(hint, value, f"{path}{name}.")
        else:
            values[name] = read_value(hint, value, rule_of(field), f"{path}{name}")
    return kind(**values)


def check_fields(group: Any, known: Iterable[str], path: str) -> None:
    """Check that a group of a config has exactly these fields.

    Raises:
      SettingsError: it is no group, or for the first field that is unknown or missing.
    """
    if not isinstance(group, ConfigDict):
        raise wrong(path.rstrip("."), group, "must be a group of fields (a ConfigDict)")
    given, known = list(group.keys()), list(known)
    for name in given:
        if name not in known:
            raise SettingsError(
                f"--config.{path}{name}: no such field; {did_you_mean(name, known)}choose one of {', '.join(known)}",
                f"{path}{name}",
            )
    for name in known:
        if name not in given:
            raise SettingsError(
                f"--config.{path}{name}: missing from the config; start from dartsx.configs.base, which has all fields",
                f"{path}{name}",
            )


def read_value(hint: Any, given: Any, rule: Rule | None, path: str) -> Any:
    """Read a value as a type, or a union of one with None, that 0 and the empty string then stand for.

    Raises:
      SettingsError: it is of a wrong type or breaks the rule.
    """
    optional = type(None) in typing.get_args(hint)
    kind = typing.get_args(hint)[0] if optional else hint
    value = _typed(kind, given, path)
    if rule and not rule.holds(value):
        raise wrong(path, given, rule.problem(given))
    return None if optional and not value else value


def _typed(kind: Any, value: Any, path: str) -> Any:
    if typing.get_origin(kind) is tuple:
        return _items(typing.get_args(kind)[0], _typed(tuple, value, path), path)
    if kind is float and type(value) is int:
        return float(value)
    if kind is tuple and isinstance(value, list):
        value = tuple(value)
    # Booleans are integers to isinstance.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong(path, value, f"must be {TYPE_NAMES[kind]}, not {type(value).__name__}")
    if kind is float and not math.isfinite(value):
        raise wrong(path, value, "must be a finite number")
    return value


def _items(kind: type, values: tuple, path: str) -> tuple:
    """A tuple of names, or of finite numbers."""
    allowed, right = ("finite numbers", _is_number) if kind is float else ("names", lambda item: isinstance(item, str))
    odd = [item for item in values if not right(item)]
    if odd:
        raise wrong(path, values, f"must hold {allowed} only, not {show(odd[0])}")
    return tuple(map(kind, values))


def _is_number(item: Any) -> bool:
    return type(item) in (int, float) and math.isfinite(item)
