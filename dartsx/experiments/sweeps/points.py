"""Which settings a sweep has: grids, ranges, and lists in files.

A point is a mapping from dotted names of config fields to values, or to the texts that a command line would have.
``config`` stands for the config file, so that methods can be swept with the settings of their papers.
"""

from __future__ import annotations

import itertools
import json
import math
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dartsx.experiments.settings import SettingsError

Point = Mapping[str, Any]
CONFIG = "config"
_RANGE = re.compile(r"(?P<low>[^.:]\S*?)\.\.(?P<high>[^:]+?)(:(?P<scale>\w+))?")
SCALES = ("linear", "log")


class Range(NamedTuple):
    """Numbers from `low` to `high`, both included, uniform in themselves or in their logarithms."""

    low: float
    high: float
    log: bool

    def at(self, share: float) -> float:
        """The number that so large a share of the range lies below."""
        if self.log:
            return math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        return self.low + share * (self.high - self.low)


class Swept(NamedTuple):
    """What is swept.

    Attributes:
      choices: field -> its values.
      ranges: field -> the numbers it may have.
    """

    choices: Mapping[str, tuple[str, ...]]
    ranges: Mapping[str, Range]


def read_swept(text: str) -> Swept:
    """Read ``FIELD=VALUE,VALUE; FIELD=LOW..HIGH:log``.

    Raises:
      SettingsError: it has another form, or names a field twice.
    """
    choices: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, Range] = {}
    for part in _split(text, ";"):
        field, equals, given = (piece.strip() for piece in part.partition("="))
        field = field.removeprefix("config.") if field != CONFIG else field
        if not equals or not field or not given:
            raise SettingsError(f"--sweep: {part!r} is not FIELD=VALUE,VALUE or FIELD=LOW..HIGH:log")
        if field in choices or field in ranges:
            raise SettingsError(f"--sweep: {field} is swept twice")
        if match := _RANGE.fullmatch(given):
            ranges[field] = _range(field, match)
        else:
            choices[field] = tuple(_split(given, ","))
    return Swept(choices, ranges)


def grid(swept: Swept) -> list[Point]:
    """All combinations of the choices, the last field fastest."""
    return [dict(zip(swept.choices, values, strict=True)) for values in itertools.product(*swept.choices.values())]


def random_points(swept: Swept, count: int, seed: int, whole: Sequence[str] = ()) -> list[Point]:
    """Independent draws; the same seed gives the same points, and more of them begin with these.

    Args:
      swept: choices and ranges.
      count: number of points.
      seed: seed of the draws.
      whole: fields whose numbers are rounded to whole ones.
    """
    return [drawn(swept, np.random.default_rng([seed, number]), whole) for number in range(count)]


def drawn(swept: Swept, generator: np.random.Generator, whole: Sequence[str] = ()) -> Point:
    """One draw."""
    point: dict[str, Any] = {name: str(generator.choice(values)) for name, values in swept.choices.items()}
    for name, numbers in swept.ranges.items():
        value = numbers.at(generator.random())
        point[name] = round(value) if name in whole else float(f"{value:.4g}")
    return point


def listed_points(path: str) -> list[Point]:
    """Points of a JSON file: a list of objects.

    Raises:
      SettingsError: the file cannot be read or holds something else.
    """
    try:
        given = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"--sweep={path}: cannot be read: {error}") from None
    return checked_list(given, f"--sweep={path}")


def checked_list(given: Any, where: str) -> list[Point]:
    """The points, if it is a list of mappings, or a generator of some, and not empty.

    Raises:
      SettingsError: it is something else.
    """
    given = list(given) if isinstance(given, Iterator) else given
    if not isinstance(given, list) or not given or not all(isinstance(point, Mapping) for point in given):
        raise SettingsError(f"{where}: must be a list of points such as [{{'search.epochs': 20}}, ...], and not empty")
    return [{str(name): value for name, value in point.items()} for point in given]


def text_of(value: Any) -> str:
    """A value as a command line has it."""
    return value if isinstance(value, str) else repr(tuple(value) if isinstance(value, list) else value)


def _range(field: str, match: re.Match) -> Range:
    scale = match["scale"] or "linear"
    try:
        low, high = float(match["low"]), float(match["high"])
    except ValueError:
        raise SettingsError(f"--sweep: {field}={match[0]}: both ends must be numbers, such as 1e-4..1e-2:log") from None
    if scale not in SCALES:
        raise SettingsError(f"--sweep: {field}={match[0]}: {scale!r} is no scale; choose {' or '.join(SCALES)}")
    if not low < high or (scale == "log" and low <= 0):
        raise SettingsError(f"--sweep: {field}={match[0]}: needs LOW < HIGH, above 0 with log")
    return Range(low, high, scale == "log")


def _split(text: str, mark: str) -> list[str]:
    """Pieces between marks that stand outside all brackets and quotes."""
    pieces, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character in "([{") - (character in ")]}")
        if character == mark and not depth and not quote:
            pieces.append("")
        else:
            pieces[-1] += character
    return [piece.strip() for piece in pieces if piece.strip()]
