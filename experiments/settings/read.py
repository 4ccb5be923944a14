"""From a ConfigDict to dataclasses: names, types and the rule of every field."""

import dataclasses
import math
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from ml_collections import ConfigDict

from dartsx.spaces.errors import show
from experiments.settings.errors import SettingsError, did_you_mean, wrong
from experiments.settings.rules import rule_of

T = TypeVar("T")

TYPE_NAMES = {
    int: "an integer",
    float: "a number",
    bool: "True or False",
    str: "a string",
    tuple: "a tuple, such as \"('skip_connect', 'sep_conv_3x3')\"",
}


def read_group(kind: type[T], group: Any, path: str = "") -> T:
    """Read a group of a config, and the groups in it, as a dataclass.

    Args:
      kind: the dataclass; its fields say which names, types and values are allowed.
      group: ConfigDict of exactly these fields. Integers count as numbers, lists as tuples.
      path: dotted name of the group, with a dot at the end; empty for the whole config.

    Raises:
      SettingsError: for the first field that is unknown, missing, of a wrong type or not allowed.
    """
    if not isinstance(group, ConfigDict):
        raise wrong(path.rstrip("."), group, "must be a group of fields (a ConfigDict)")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    _check_names(group.keys(), fields, path)
    hints = typing.get_type_hints(kind)
    values = {}
    for name, field in fields.items():
        hint, value = hints[name], group[name]
        if dataclasses.is_dataclass(hint):
            values[name] = read_group(hint, value, f"{path}{name}.")
        else:
            values[name] = _read_value(hint, value, field, f"{path}{name}")
    return kind(**values)


def _check_names(given: Iterable[str], known: Iterable[str], path: str) -> None:
    given, known = list(given), list(known)
    for name in given:
        if name not in known:
            raise SettingsError(
                f"--config.{path}{name}: no such field; {did_you_mean(name, known)}choose one of {', '.join(known)}",
                f"{path}{name}",
            )
    for name in known:
        if name not in given:
            raise SettingsError(
                f"--config.{path}{name}: missing from the config; start from configs/base.py, which has all fields",
                f"{path}{name}",
            )


def _read_value(hint: Any, given: Any, field: dataclasses.Field, path: str) -> Any:
    optional = type(None) in typing.get_args(hint)
    kind = typing.get_args(hint)[0] if optional else hint
    value = _typed(kind, given, path)
    rule = rule_of(field)
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
