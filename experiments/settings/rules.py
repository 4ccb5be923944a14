"""Dataclass fields that carry what the config's values must obey, and how groups of their own are read."""

import dataclasses
from collections.abc import Callable
from typing import Any

from dartsx.catalog.rules import Rule

_RULE, _READER = "rule", "reader"


def where(rule: Rule) -> Any:
    """Return a dataclass field without default whose values must obey the rule."""
    return dataclasses.field(metadata={_RULE: rule})


def read_by(reader: Callable[[Any, str], Any]) -> Any:
    """Return a dataclass field that a function (group of the config, its dotted name with a dot) reads."""
    return dataclasses.field(metadata={_READER: reader})


def rule_of(field: dataclasses.Field) -> Rule | None:
    """Return the rule of a dataclass field, None if any value of its type is allowed."""
    return field.metadata.get(_RULE)


def reader_of(field: dataclasses.Field) -> Callable[[Any, str], Any] | None:
    """Return the function that reads a dataclass field, None if its type says how."""
    return field.metadata.get(_READER)
