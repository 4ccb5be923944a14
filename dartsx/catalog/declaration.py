"""What is said of a search method, beside the function that makes it."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Mapping
from typing import Any

from dartsx.catalog.rules import Rule, did_you_mean

_NUMBERS = {int: numbers.Integral, float: numbers.Real}  # NumPy's too
# Parts of a search that act between epochs or after it, on one search at a time.
ON_THE_HOST = ("early stopping", "stages", "selection after the search")


@dataclasses.dataclass(frozen=True)
class Option:
    """A keyword argument of a method's function, and a config field ``methods.NAME.OPTION``.

    Attributes:
      default: the value of the paper, or of its released code; its type is the option's.
      meaning: one line for readers.
      rule: which values are allowed; None for all of the type.
    """

    default: int | float | bool | str
    meaning: str
    rule: Rule | None = None

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value, or None."""
        kind = type(self.default)
        if not isinstance(value, _NUMBERS.get(kind, kind)) or (isinstance(value, bool) and kind is not bool):
            return f"must be of type {kind.__name__}, not {type(value).__name__}"
        return self.rule.problem(value) if self.rule and not self.rule.holds(value) else None


def option_values(name: str, declared: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every option of what has this name: the given ones, else the defaults.

    Raises:
      ValueError: an option is unknown, or a value is not allowed.
    """
    for option, value in given.items():
        if option not in declared:
            allowed = ", ".join(declared) or "none"
            raise ValueError(f"{name} has no option {option!r}; {did_you_mean(option, declared)}it has: {allowed}")
        if problem := declared[option].problem(value):
            raise ValueError(f"option {option}={value!r} of {name} {problem}")
    return {**{option: declaration.default for option, declaration in declared.items()}, **given}


@dataclasses.dataclass(frozen=True)
class Declaration:
    """A search method.

    Attributes:
      decides: the parts of a search that it decides; two methods that decide the same part do not go together.
      options: name -> option that its function takes besides the method so far and the task.
      paper: config fields below ``search`` that the paper sets differently from DARTS.
      left_out: primitives that the paper's space is without.
      meaningless: other methods with which it would compute but mean nothing, with the reason.
      partial_channels: those of its options that let one in so many channels through the candidates.
      first_order: why only the hypergradient ``first_order`` has a meaning, as "trains ..."; empty where all have.
      only_described: it searches described spaces alone, not those of cells.
      module: where the function is that has the method's name; empty for ``dartsx.search.methods.NAME``.
    """

    decides: tuple[str, ...] = ()
    options: Mapping[str, Option] = dataclasses.field(default_factory=dict)
    paper: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    meaningless: Mapping[str, str] = dataclasses.field(default_factory=dict)
    partial_channels: tuple[str, ...] = ()
    first_order: str = ""
    only_described: bool = False
    module: str = ""

    @property
    def defaults(self) -> dict[str, Any]:
        """Value of every option."""
        return {name: option.default for name, option in self.options.items()}

    @property
    def on_the_host(self) -> bool:
        """Whether it acts between epochs or after the search, and so on one search at a time."""
        return not set(self.decides).isdisjoint(ON_THE_HOST)
