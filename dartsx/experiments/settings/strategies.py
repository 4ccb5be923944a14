"""Strategies, their options and numbers of queries on the command line."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dartsx.catalog import STRATEGIES, option_values
from dartsx.experiments.settings.errors import SettingsError

OBJECTIVES = ("shared", "retrain")


@dataclasses.dataclass(frozen=True)
class AskingSettings:
    """A search that asks and is told, in place of a method's alphas.

    Attributes:
      strategy: name of a strategy.
      options: options of the strategy.
      objective: ``"shared"``: weights that are trained in turns; ``"retrain"``: networks trained from scratch.
      asked: architectures that are scored, for ``shared`` after each epoch.
      at_once: architectures asked for before their scores are told.
      compared: architectures of which the best is derived, for ``shared``.
    """

    strategy: str
    options: Mapping[str, Any]
    objective: str
    asked: int
    at_once: int
    compared: int

    def record(self) -> dict[str, Any]:
        """The fields, as a work directory's config keeps them."""
        return dataclasses.asdict(self)


def read_asking(strategy: str, options: str, objective: str, asked: int, at_once: int, compared: int) -> AskingSettings:
    """Flags of a search by a strategy, checked.

    Raises SettingsError for an unknown strategy, wrong options, and numbers that `at_once` does not divide.
    """
    _check_known("--strategy", strategy, STRATEGIES)
    parts = [part.strip() for part in options.split(";") if part.strip()]
    for part in parts:
        if not re.fullmatch(r"\w+\s*=\s*\S+", part):
            raise SettingsError(f"--options: {part!r} is not OPTION=VALUE")
    given = ";".join(f"{strategy}.{part}" for part in parts)
    for flag, value in (("asked", asked), *((("compared", compared),) if objective == "shared" else ())):
        if value < 1 or at_once < 1 or value % at_once:
            raise SettingsError(f"--{flag}={value}: must be a multiple of --at_once={at_once}")
    chosen = read_options([strategy], given, {})[strategy]
    return AskingSettings(strategy, chosen, objective, asked, at_once, compared)


def read_strategies(names: Sequence[str]) -> list[str]:
    """Each once, all of them for ``all``.

    Raises SettingsError for an unknown name, and for none.
    """
    found = list(dict.fromkeys(name for given in names for name in (STRATEGIES if given == "all" else (given,))))
    for name in found:
        _check_known("--strategies", name, (*STRATEGIES, "all"))
    if not found:
        raise SettingsError("--strategies names none")
    return found


def _check_known(flag: str, name: str, allowed: Collection[str]) -> None:
    if name not in allowed:
        raise SettingsError(f"{flag}: unknown strategy {name!r}; allowed: {', '.join(allowed)}")


def read_queries(given: Sequence[str]) -> list[int]:
    """Numbers of queries; raises SettingsError for anything else."""
    if not given or not all(re.fullmatch(r"[1-9][0-9]{0,5}", text) for text in given):
        raise SettingsError(f"--queries={','.join(given)}: must be numbers above 0, such as 100,200")
    return [int(text) for text in given]


def read_options(
    names: Sequence[str], text: str, special: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Options by strategy: the special ones, overridden by the text's.

    Raises SettingsError for what is no option, or has a value that is not allowed.
    """
    chosen = {name: dict(special.get(name, {})) for name in names}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        match = re.fullmatch(r"(\w+)\.(\w+)\s*=\s*(\S+)", part)
        if not match or match[1] not in chosen:
            raise SettingsError(f"--options: {part!r} is not STRATEGY.OPTION=VALUE of {', '.join(names)}")
        try:
            chosen[match[1]][match[2]] = json.loads(match[3].lower())
        except ValueError:
            raise SettingsError(f"--options: {part!r}: {match[3]!r} is no number, true or false") from None
    for name, options in chosen.items():
        try:
            option_values(name, STRATEGIES[name].options, options)
        except ValueError as error:
            raise SettingsError(f"--options: {error}") from None
    return chosen
